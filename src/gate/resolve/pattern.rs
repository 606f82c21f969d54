//! Patterns of the shell: `*`, `?`, `[…]`, with a backslash before what is meant literally.

/// Longest text that patterns are tried on everywhere: trying is quadratic.
pub(crate) const MAX_TEXT: usize = 2_000;

/// Whether the whole of `text` matches.
pub(crate) fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    // where to go back to: the last star, and the text it has eaten
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t < text.len()
            && let Some(next) = one(pattern, p, text[t])
        {
            p = next;
            t += 1;
            continue;
        }
        if t == text.len() && p == pattern.len() {
            return true;
        }
        match star {
            Some((after, from)) if from < text.len() => {
                star = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

/// Matches one character at `p`; the place after it in the pattern.
fn one(pattern: &[char], p: usize, character: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' if p + 1 < pattern.len() => (pattern[p + 1] == character).then_some(p + 2),
        '[' => match class(pattern, p, character) {
            Some((found, next)) => found.then_some(next),
            None => (character == '[').then_some(p + 1),
        },
        literal => (literal == character).then_some(p + 1),
    }
}

/// Whether `character` is in the class that begins at `p`, and where the class ends; nothing if it is not closed.
fn class(pattern: &[char], p: usize, character: char) -> Option<(bool, usize)> {
    let mut at = p + 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    if negated {
        at += 1;
    }
    let mut found = false;
    let mut first = true;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && !first {
            return Some((found != negated, at + 1));
        }
        first = false;
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let end = (at + 2..pattern.len())
                .find(|&end| pattern[end] == ':' && pattern.get(end + 1) == Some(&']'))?;
            let name: String = pattern[at + 2..end].iter().collect();
            found |= named(&name, character);
            at = end + 2;
            continue;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|high| *high != ']') {
            let high = pattern[at + 2];
            found |= (low..=high).contains(&character);
            at += 3;
        } else {
            found |= low == character;
            at += 1;
        }
    }
}

fn named(name: &str, character: char) -> bool {
    match name {
        "alpha" => character.is_alphabetic(),
        "digit" => character.is_ascii_digit(),
        "alnum" => character.is_alphanumeric(),
        "upper" => character.is_uppercase(),
        "lower" => character.is_lowercase(),
        "space" => character.is_whitespace(),
        "blank" => matches!(character, ' ' | '\t'),
        "punct" => character.is_ascii_punctuation(),
        "xdigit" => character.is_ascii_hexdigit(),
        "cntrl" => character.is_control(),
        "print" => !character.is_control(),
        "graph" => !character.is_control() && character != ' ',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    fn check(pattern: &str, text: &str, expected: bool) {
        let pattern_chars: Vec<char> = pattern.chars().collect();
        let text_chars: Vec<char> = text.chars().collect();
        assert_eq!(super::matches(&pattern_chars, &text_chars), expected, "{pattern} {text}");
    }

    #[test]
    fn patterns() {
        check("", "", true);
        check("*", "", true);
        check("*", "abc", true);
        check("a*c", "abbc", true);
        check("a*c", "abbd", false);
        check("?", "", false);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[]]", "]", true);
        check("[[:digit:]]*", "7up", true);
        check("[a", "[a", true);
        check("\\*", "*", true);
        check("\\*", "x", false);
        check("a**b*c", "axxbyyc", true);
    }
}
