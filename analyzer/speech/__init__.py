"""The models: store, segmentation, voiceprints, diarization, transcription. This room converts; it never decides."""
