"""Files: strict JSON, arrays, and writing that is whole or not at all."""
