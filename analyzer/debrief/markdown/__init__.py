"""The debrief as GitHub-flavoured Markdown, `debrief.md`."""
