//! How far around itself a match depends on the text, so that a changed text is looked at only where it changed.
//!
//! All that stands on the lines of a match may matter to it, whatever their length: encodings, quotes, marks. Beyond
//! its lines, these many bytes matter. Keys in armour, key files and the like reach further; their detectors
//! [say so](super::Worker::scan_noting) each time. A test compares what is found so with what whole texts hold.

/// Bytes that a match may begin before the line that decides about it: a name, and its value some lines on
/// (`detect/assign`: at most 80 bytes of name, a block of 300, gaps of 64 each), or a rule of several lines.
pub const AHEAD: usize = 1024;

/// Bytes before a match that may decide about it: context words (200), the words before a name (300).
pub const BEHIND: usize = 512;

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, Hir, HirKind};

    use super::*;
    use crate::rules::Route;
    use crate::scan::keywords::NEAR;

    fn holds_line_break(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Literal(literal) => literal.0.contains(&b'\n'),
            HirKind::Class(Class::Bytes(class)) => {
                class.ranges().iter().any(|range| range.start() <= b'\n' && b'\n' <= range.end())
            }
            HirKind::Class(Class::Unicode(class)) => {
                class.ranges().iter().any(|range| range.start() <= '\n' && '\n' <= range.end())
            }
            HirKind::Repetition(repetition) => holds_line_break(&repetition.sub),
            HirKind::Capture(capture) => holds_line_break(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(holds_line_break),
            HirKind::Empty | HirKind::Look(_) => false,
        }
    }

    #[test]
    fn rules_of_several_lines_are_short_or_say_how_far_they_look() {
        const { assert!(NEAR < BEHIND) };
        let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).clone();
        let mut several = 0;
        for rule in crate::rules::builtin().iter().filter(|rule| !rule.pattern.is_empty()) {
            if holds_line_break(&parser.build().parse(rule.pattern).unwrap()) {
                several += 1;
                assert!(rule.longest <= AHEAD || rule.route == Route::Anchor, "{}", rule.id);
            }
        }
        assert!(several > 0);
    }
}
