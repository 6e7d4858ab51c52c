// The first declarations of this layer arrive with the next commits.
