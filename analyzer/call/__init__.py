"""One call: what lies beside the recording, its analysis, and its results folder."""
