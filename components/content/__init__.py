"""What files and splits hold, in a record that is small whatever the data are: to compare the splits by."""
