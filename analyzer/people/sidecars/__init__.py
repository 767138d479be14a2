"""What lies beside a recording and names its speakers: transcripts and lists of people."""
