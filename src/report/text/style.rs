//! Colours, links, widths and wrapping; and numbers as people say them.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::finding::Severity;
use crate::report::{Options, uri};
use crate::sanitize;

const DIM: Ansi = Ansi::new().dimmed();
const BOLD: Ansi = Ansi::new().bold();

/// Below this, wrapped text is no longer readable, and terminals report such widths only when they know no better.
const NARROWEST: usize = 40;

/// How this report may decorate its text.
pub(super) struct Style {
    colour: bool,
    hyperlinks: Option<PathBuf>,
    /// Columns of the terminal.
    pub(super) width: Option<usize>,
}

impl Style {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            colour: options.colour,
            hyperlinks: options.hyperlinks.clone(),
            width: options.width.map(|width| width.max(NARROWEST)),
        }
    }

    fn paint(&self, ansi: Ansi, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(BOLD, text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(DIM, text)
    }

    pub(super) fn good(&self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub(super) fn bad(&self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(super) fn severity(&self, severity: Severity, text: &str) -> String {
        let ansi = match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::High => AnsiColor::Red.on_default(),
            Severity::Medium => AnsiColor::Yellow.on_default(),
            Severity::Low => AnsiColor::Cyan.on_default(),
        };
        self.paint(ansi, text)
    }

    /// `text` as a link (OSC 8) to a file below the scan root, at a line. The line is the fragment, which is what
    /// kitty and the terminal of VS Code understand, and what others ignore.
    pub(super) fn link(&self, path: &str, line: Option<u64>, text: String) -> String {
        let Some(root) = &self.hyperlinks else { return text };
        let fragment = line.map(|line| format!("#{line}")).unwrap_or_default();
        format!("\x1b]8;;{}{fragment}\x1b\\{text}\x1b]8;;\x1b\\", uri::file_below(root, path))
    }

    /// Writes `text` dim in lines that begin with `indent` spaces and, in a terminal, end before its edge. Words stay
    /// whole; line breaks in `text` count as spaces.
    pub(super) fn write_wrapped(&self, indent: usize, text: &str, out: &mut dyn io::Write) -> io::Result<()> {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent));
        let mut line = String::new();
        let mut used = 0;
        for word in text.split_ascii_whitespace().map(sanitize::text) {
            let width = word.width();
            if !line.is_empty() && used + 1 + width > room {
                writeln!(out, "{:indent$}{}", "", self.dim(&line))?;
                line.clear();
            }
            if line.is_empty() {
                used = width;
            } else {
                line.push(' ');
                used += 1 + width;
            }
            line.push_str(&word);
        }
        if !line.is_empty() {
            writeln!(out, "{:indent$}{}", "", self.dim(&line))?;
        }
        Ok(())
    }
}

/// `text` with spaces behind it, to fill `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(text.width()))
}

/// `text`, or as much of it as fits into `width` columns with `…` at its end.
pub(super) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

/// `1 file`, `2 files`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `1 byte`, `999 bytes`, `1.2 kB`, `3.4 GB`: decimal units.
pub(super) fn bytes(number: u64) -> String {
    if number < 1_000 {
        return count(number, "byte");
    }
    // Tenths of a kilobyte, rounded; integers, so that nothing depends on how floats print.
    let mut tenths = u128::from(number).saturating_add(50) / 100;
    let mut units = ["kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if tenths < 10_000 {
            break;
        }
        tenths = (tenths + 500) / 1_000;
        unit = larger;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// `8 ms`, `1.4 s`, `3 min 20 s`.
pub(super) fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        millis @ ..1_000 => format!("{millis} ms"),
        millis @ ..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        millis => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_decimal_units() {
        for (number, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_249, "1.2 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (1_240_000_000, "1.2 GB"),
            (5_000_000_000_000_000, "5000.0 TB"),
        ] {
            assert_eq!(bytes(number), expected, "{number}");
        }
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn durations() {
        for (millis, expected) in
            [(0, "0 ms"), (999, "999 ms"), (1_499, "1.4 s"), (59_999, "59.9 s"), (200_400, "3 min 20 s")]
        {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn shortening_respects_wide_characters() {
        for (text, width, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ab cd", 4, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(shorten(text, width), expected, "{text} {width}");
        }
        assert_eq!(pad("日本", 6), "日本  ");
    }

    #[test]
    fn wrapping() {
        fn check(width: Option<usize>, text: &str, expected: &str) {
            let style = Style { colour: false, hyperlinks: None, width };
            let mut out = Vec::new();
            style.write_wrapped(2, text, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        check(None, "", "");
        check(None, "one two\n three", "  one two three\n");
        check(Some(9), "one two three", "  one two\n  three\n");
        check(Some(8), "one two three", "  one\n  two\n  three\n");
        check(Some(4), "longword a", "  longword\n  a\n");
        check(None, "a\x1bb", "  a\\x1bb\n");
    }
}
