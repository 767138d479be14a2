"""The debrief as a record, its renderers and exporters."""
