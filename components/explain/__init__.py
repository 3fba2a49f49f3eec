"""What the wide part has learned, in words: its strongest features and crosses, by the values behind their ids."""
