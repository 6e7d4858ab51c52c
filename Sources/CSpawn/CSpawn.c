// The C half of process spawning.
