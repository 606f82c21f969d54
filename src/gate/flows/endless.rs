//! Writing without an end.

use crate::gate::model::{Invocation, RedirectKind, Stdin, Word};

use super::names::{is, program};

/// Whether an invocation fills the disk: what never ends is written to a file.
pub(super) fn fills(invocation: &Invocation) -> bool {
    let words = || invocation.words.iter().skip(1).filter_map(Word::text);
    let endless = |path: &str| matches!(path, "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full");
    if program(invocation) == "dd" {
        let reads = words().any(|word| word.strip_prefix("if=").is_some_and(endless));
        let writes =
            words().any(|word| word.strip_prefix("of=").is_some_and(|path| !path.starts_with("/dev/")));
        return reads && writes && !words().any(|word| word.starts_with("count="));
    }
    let reads = program(invocation) == "yes"
        || is(&["cat", "tee", "cp", "base64", "xxd", "hexdump", "od", "tr"], invocation)
            && (words().any(endless)
                || matches!(&invocation.stdin, Stdin::File(file) if file.text().is_some_and(endless)));
    let to_file = invocation.redirects.iter().any(|redirect| {
        matches!(redirect.kind, RedirectKind::Write | RedirectKind::Append)
            && !redirect.target.prefix().starts_with("/dev/")
    }) || program(invocation) == "cp";
    reads && to_file
}
