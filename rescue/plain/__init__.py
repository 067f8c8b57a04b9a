"""The same flows as numbered questions, line by line: for screen readers, braille and any terminal. No colours."""
