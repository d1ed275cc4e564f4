"""Lectures: a graph's passes step by step, as data, as frames of one picture, as decks."""
