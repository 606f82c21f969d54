//! Integer expressions whose result can be told beforehand.

/// The value, where it is made of numbers, names that `lookup` knows, `+ - * / % ( )` and unary minus.
pub(crate) fn value(text: &str, lookup: &mut dyn FnMut(&str) -> Option<i64>) -> Option<i64> {
    let mut reader = Reader { bytes: text.as_bytes(), text, at: 0, lookup, depth: 0 };
    let value = reader.sum()?;
    reader.blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'t, 'l> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    lookup: &'l mut dyn FnMut(&str) -> Option<i64>,
    depth: usize,
}

impl Reader<'_, '_> {
    fn blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn operator(&mut self, any: &[u8]) -> Option<u8> {
        self.blanks();
        let byte = *self.bytes.get(self.at)?;
        // `**`, `+=`, `<<` and the like are left alone
        let next = self.bytes.get(self.at + 1).copied();
        if any.contains(&byte) && !matches!(next, Some(b'=' | b'*')) && !(next == Some(byte) && byte != b'-')
        {
            self.at += 1;
            return Some(byte);
        }
        None
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(b"+-") {
            let other = self.product()?;
            value = if operator == b'+' { value.checked_add(other)? } else { value.checked_sub(other)? };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.factor()?;
        while let Some(operator) = self.operator(b"*/%") {
            let other = self.factor()?;
            value = match operator {
                b'*' => value.checked_mul(other)?,
                b'/' => value.checked_div(other)?,
                _ => value.checked_rem(other)?,
            };
        }
        Some(value)
    }

    fn factor(&mut self) -> Option<i64> {
        self.blanks();
        self.depth += 1;
        if self.depth > 32 {
            return None;
        }
        let value = match self.bytes.get(self.at)? {
            b'(' => {
                self.at += 1;
                let value = self.sum()?;
                self.blanks();
                if self.bytes.get(self.at) != Some(&b')') {
                    return None;
                }
                self.at += 1;
                Some(value)
            }
            b'-' => {
                self.at += 1;
                self.factor()?.checked_neg()
            }
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let start = self.at;
                while self
                    .bytes
                    .get(self.at)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#'))
                {
                    self.at += 1;
                }
                let word = &self.text[start..self.at];
                if word.as_bytes()[0].is_ascii_digit() { number(word) } else { (self.lookup)(word) }
            }
            _ => None,
        };
        self.depth -= 1;
        value
    }
}

fn number(word: &str) -> Option<i64> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok();
    }
    if let Some((base, digits)) = word.split_once('#') {
        let base = base.parse().ok().filter(|base| (2..=36).contains(base))?;
        return i64::from_str_radix(digits, base).ok();
    }
    if word.len() > 1 && word.starts_with('0') {
        return i64::from_str_radix(word, 8).ok();
    }
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(super::value(text, &mut |name| (name == "x").then_some(5)), expected, "{text}");
    }

    #[test]
    fn expressions() {
        check("1", Some(1));
        check(" 1 + 2 * 3 ", Some(7));
        check("(1+2)*3", Some(9));
        check("-x", Some(-5));
        check("0x10 + 010 + 2#11", Some(27));
        check("1/0", None);
        check("y", None);
        check("x++", None);
        check("1 << 2", None);
        check("", None);
    }
}
