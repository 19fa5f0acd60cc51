"""What the Django projects of a repository are: their settings, where they are deployed from, their URLs."""
