"""The doctor: what playlists are like, what is wrong with them, what that does to training, and what helps."""
