"use strict";
{
  const at = (id) => document.getElementById(id);
  const { title, steps } = JSON.parse(at("deck").textContent);
  const graphs = [...document.querySelectorAll("#stage > svg")];
  // What is drawn in some steps only has them as data-s="3-9 12".
  const runs = (part) => part.dataset.s.split(" ").map((run) => run.split("-").map(Number));
  const shown = (spans, step) => spans.some(([first, last = first]) => first <= step && step <= last);
  const parts = graphs.map((graph) =>
    [...graph.querySelectorAll("[data-s]")].map((part) => [part, runs(part)]));
  let now = 0;

  function show(step) {
    now = Math.min(Math.max(Math.trunc(step) || 1, 1), steps.length);
    const { graph, heading, said, notes } = steps[now - 1];
    graphs.forEach((svg, number) => svg.classList.toggle("off", number !== graph));
    for (const [part, spans] of parts[graph]) part.classList.toggle("off", !shown(spans, now));
    document.title = `${now}/${steps.length} ${heading} · ${title}`;
    at("said").textContent = said;
    at("notes").textContent = notes;
    at("line").style.width = `${(100 * now) / steps.length}%`;
    at("line").setAttribute("aria-valuenow", now);
    if (location.hash !== `#${now}`) {
      try {
        history.replaceState(null, "", `#${now}`);
      } catch {
        // Some frames have no address to change.
      }
    }
  }

  const toggle = (name) => document.body.classList.toggle(name);
  const full = () =>
    (document.fullscreenElement
      ? document.exitFullscreen()
      : document.documentElement.requestFullscreen?.())?.catch(() => {});
  const next = () => show(now + 1);
  const back = () => show(now - 1);
  const keys = {
    ArrowRight: next, ArrowDown: next, PageDown: next, " ": next, Enter: next,
    ArrowLeft: back, ArrowUp: back, PageUp: back, Backspace: back,
    Home: () => show(1), End: () => show(steps.length),
    f: full, n: () => toggle("noted"), b: () => toggle("blank"), ".": () => toggle("blank"),
  };

  addEventListener("keydown", (event) => {
    const onButton = event.target.closest?.("button") && [" ", "Enter"].includes(event.key);
    if (event.ctrlKey || event.altKey || event.metaKey || onButton) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = key === " " && event.shiftKey ? back : Object.hasOwn(keys, key) && keys[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  addEventListener("hashchange", () => show(Number(location.hash.slice(1))));
  at("back").addEventListener("click", back);
  at("next").addEventListener("click", next);

  // A click or a tap goes on, at the left it goes back; so does a finger that is drawn aside.
  const stage = at("stage");
  let start = null;
  stage.addEventListener("click", (event) => {
    if (getSelection().isCollapsed) (event.clientX < stage.clientWidth / 4 ? back : next)();
  });
  stage.addEventListener("touchstart", ({ touches }) => {
    start = touches.length === 1 ? touches[0] : null;
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    const moved = start ? event.changedTouches[0].clientX - start.clientX : 0;
    if (Math.abs(moved) < 40) return;
    if (event.cancelable) event.preventDefault();
    (moved < 0 ? next : back)();
  });

  // On paper each step is a page with what it shows, and nothing else.
  addEventListener("beforeprint", () => {
    at("pages").replaceChildren(...steps.map(({ graph }, number) => {
      const page = graphs[graph].cloneNode(true);
      page.classList.remove("off");
      for (const part of page.querySelectorAll("[data-s]")) {
        if (shown(runs(part), number + 1)) part.classList.remove("off");
        else part.remove();
      }
      return page;
    }));
  });
  addEventListener("afterprint", () => at("pages").replaceChildren());

  show(Number(location.hash.slice(1)));
}
