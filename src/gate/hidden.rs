//! Bytes in a command that a person who approves it would not see as they are.

use super::decision::Decision;
use super::model::Opinion;
use crate::span::Span;

/// What the bytes themselves give reason to say, before anything is read.
pub(crate) fn look(command: &[u8]) -> Vec<Opinion> {
    // nearly every command: printable ASCII, tabs and line ends
    if command.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Vec::new();
    }
    let mut opinions: Vec<Opinion> = Vec::new();
    let mut say = |id: &str, decision: Decision, reason: &str, at: usize, length: usize| {
        if opinions.iter().any(|opinion| opinion.id == id) {
            return;
        }
        opinions.push(Opinion {
            id: id.to_owned(),
            decision,
            reason: reason.to_owned(),
            suggestion: None,
            span: Some(Span { start: at, end: at + length }),
        });
    };
    let mut at = 0;
    for chunk in command.utf8_chunks() {
        for (index, character) in chunk.valid().char_indices() {
            let place = at + index;
            let length = character.len_utf8();
            match character {
                '\0' => say(
                    "hidden-nul",
                    Decision::Deny,
                    "holds a NUL byte: what one program reads ends there, what another reads does not",
                    place,
                    length,
                ),
                '\r' if command.get(place + 1) == Some(&b'\n') => say(
                    "hidden-line-ends",
                    Decision::Ask,
                    "its lines end as on Windows: the shell takes the carriage returns for part of the words",
                    place,
                    length,
                ),
                '\r' => say(
                    "hidden-carriage-return",
                    Decision::Deny,
                    "holds a carriage return, which lets a terminal show something else than what runs",
                    place,
                    length,
                ),
                '\u{1b}' | '\u{8}' | '\u{9b}' => say(
                    "hidden-terminal-control",
                    Decision::Deny,
                    "holds terminal controls, which let a terminal show something else than what runs",
                    place,
                    length,
                ),
                '\t' | '\n' | ' '..='~' => {}
                control if control.is_control() => say(
                    "hidden-control",
                    Decision::Ask,
                    "holds control characters that cannot be seen",
                    place,
                    length,
                ),
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => say(
                    "hidden-bidirectional",
                    Decision::Deny,
                    "holds characters that turn the direction of text, so that it reads otherwise than it runs",
                    place,
                    length,
                ),
                '\u{200b}'
                | '\u{2060}'
                | '\u{feff}'
                | '\u{ad}'
                | '\u{180e}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{e0000}'..='\u{e007f}'
                | '\u{3164}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{ffa0}' => say(
                    "hidden-characters",
                    Decision::Ask,
                    "holds characters that cannot be seen",
                    place,
                    length,
                ),
                _ => {}
            }
        }
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            say("hidden-invalid-utf8", Decision::Ask, "is not valid UTF-8", at, chunk.invalid().len());
        }
        at += chunk.invalid().len();
    }
    opinions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &[u8], expected: &[(&str, Decision)]) {
        let found: Vec<_> = look(command).into_iter().map(|opinion| (opinion.id, opinion.decision)).collect();
        let expected: Vec<_> = expected.iter().map(|(id, decision)| ((*id).to_owned(), *decision)).collect();
        assert_eq!(found, expected, "{command:?}");
    }

    #[test]
    fn bytes_speak_for_themselves() {
        check(b"ls -l\n\techo", &[]);
        check("git commit -m 'häuser 🦀'".as_bytes(), &[]);
        check(b"ls\0rm", &[("hidden-nul", Decision::Deny)]);
        check(b"ls\r", &[("hidden-carriage-return", Decision::Deny)]);
        check(b"ls\r\n", &[("hidden-line-ends", Decision::Ask)]);
        check(b"echo \x1b[2K", &[("hidden-terminal-control", Decision::Deny)]);
        check(b"echo \x01", &[("hidden-control", Decision::Ask)]);
        check("echo \u{202e}fdp".as_bytes(), &[("hidden-bidirectional", Decision::Deny)]);
        check("l\u{200b}s".as_bytes(), &[("hidden-characters", Decision::Ask)]);
        check(b"echo \xff", &[("hidden-invalid-utf8", Decision::Ask)]);
    }
}
