"""What objects forget and we remember: observations in, observations out. Decides nothing."""
