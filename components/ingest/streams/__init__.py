"""The bytes of raw text files, unpacked and as UTF-8."""
