"""Known voices: voiceprints of people, kept on this machine."""
