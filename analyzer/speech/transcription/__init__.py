"""From speech to words."""
