"""Pictures as passive records: facts in, a Scene with places, sizes and roles out."""

from graphtrace.scene.model import Scene
from graphtrace.scene.options import Options, check_look, check_show

__all__ = ["Options", "Scene", "check_look", "check_show"]
