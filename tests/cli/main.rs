//! Sessions with the built `gate`: folders, commands, what they print, how they exit.

<<<<<<< HEAD
mod policy;
=======
mod baseline;
mod diff;
mod git;
>>>>>>> d87b9e7 (Sessions of staged content, diffs and baselines; what the commits of a range bring)
mod rules;
mod scan;
mod staged;
mod util;
