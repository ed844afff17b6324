"""Moving: messages of other systems come in, as a forum keeps them; all messages of a forum go out, for another one."""
