//! One form for what all formats say: names leading to texts.

use serde_json::Value;

/// A text in a file, with the names that lead to it.
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    pub(super) text: String,
    /// When it expires, in seconds since 1970, if something beside it says so.
    pub(super) expires: Option<i64>,
}

/// How deep texts in texts are read, and trees descended.
const DEPTH: usize = 24;
/// Most texts of one file.
const MOST: usize = 20_000;

/// All texts of a tree. A text that is a JSON object is read like a part of the tree.
pub(super) fn leaves(tree: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    descend(tree, &mut Vec::new(), None, &mut found);
    found
}

fn descend(tree: &Value, path: &mut Vec<String>, expires: Option<i64>, found: &mut Vec<Leaf>) {
    if path.len() > DEPTH || found.len() > MOST {
        return;
    }
    match tree {
        Value::Object(object) => {
            let expires =
                object.iter().filter(|(name, _)| says_expiry(name)).find_map(|(_, value)| moment(value));
            for (name, value) in object {
                path.push(name.clone());
                if name.contains("://") && name.contains('@') {
                    // git writes URLs with passwords into the names of sections
                    found.push(Leaf { path: path.clone(), text: name.clone(), expires: None });
                }
                descend(value, path, expires, found);
                path.pop();
            }
        }
        Value::Array(array) => {
            for (number, value) in array.iter().enumerate() {
                path.push(number.to_string());
                descend(value, path, expires, found);
                path.pop();
            }
        }
        Value::String(text) => match nested(text) {
            Some(inner) => descend(&inner, path, expires, found),
            None => found.push(Leaf { path: path.clone(), text: text.clone(), expires }),
        },
        Value::Number(number) => {
            found.push(Leaf { path: path.clone(), text: number.to_string(), expires });
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn nested(text: &str) -> Option<Value> {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')).then(|| serde_json::from_str(text).ok()).flatten()
}

fn says_expiry(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(
        name.as_str(),
        "expires"
            | "expiresat"
            | "expiresaton"
            | "expiry"
            | "expirydate"
            | "expiration"
            | "expireson"
            | "tokenexpiry"
            | "accesstokenexpiration"
    )
}

/// A moment as files write it: seconds or milliseconds since 1970, or a date with a time.
fn moment(value: &Value) -> Option<i64> {
    let seconds = |number: i64| match number {
        1_000_000_000..100_000_000_000 => Some(number),
        1_000_000_000_000..100_000_000_000_000 => Some(number / 1_000),
        _ => None,
    };
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)).and_then(seconds)
        }
        Value::String(text) => text.parse().ok().and_then(seconds).or_else(|| date(text)),
        _ => None,
    }
}

/// Seconds since 1970 of `2026-11-25T10:00:00Z` and its like; a place of time is not counted.
fn date(text: &str) -> Option<i64> {
    let text = text.trim().replacen(' ', "T", 1);
    let moment: toml::value::Datetime = text.get(..19)?.parse().ok()?;
    let (date, time) = (moment.date?, moment.time?);
    // days since 1970 by the rule of the civil calendar, years beginning in March
    let (year, month) = (i64::from(date.year), i64::from(date.month));
    let shifted = year - i64::from(month <= 2);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day) - 1;
    let days =
        shifted * 365 + shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400) + of_year
            - 719_468;
    Some(days * 86_400 + i64::from(time.hour) * 3_600 + i64::from(time.minute) * 60)
}

/// Whether `path` is what `pattern` says: steps as in JSON pointers, `*` for any part of a step, `**` for any steps.
pub(super) fn fits(pattern: &str, path: &[String]) -> bool {
    let steps: Vec<String> =
        pattern.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    steps_fit(&steps, path)
}

fn steps_fit(steps: &[String], path: &[String]) -> bool {
    match steps.split_first() {
        None => path.is_empty(),
        Some((step, rest)) if step == "**" => {
            (0..=path.len()).any(|skipped| steps_fit(rest, &path[skipped..]))
        }
        Some((step, rest)) => match path.split_first() {
            Some((name, path)) => super::files::like(step, name) && steps_fit(rest, path),
            None => false,
        },
    }
}

/// The names of `path` that `pattern` leaves open: they tell one account from another.
pub(super) fn open_names<'p>(pattern: &str, path: &'p [String]) -> Vec<&'p str> {
    let fixed: Vec<String> =
        pattern.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let last = path.len().saturating_sub(1);
    path.iter()
        .enumerate()
        .filter(|(i, name)| {
            *i < last && !fixed.contains(name)
                || *i == last && fixed.last().is_some_and(|step| step.contains('*'))
        })
        .map(|(_, name)| name.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_paths() {
        let fit = |pattern: &str, path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
            fits(pattern, &path)
        };
        assert!(fit("/tokens/access_token", &["tokens", "access_token"]));
        assert!(fit("/*/key", &["anthropic", "key"]));
        assert!(!fit("/*/key", &["anthropic", "other", "key"]));
        assert!(fit("/**/token", &["a", "b", "token"]));
        assert!(fit("/**/token", &["token"]));
        assert!(fit("/*:_authToken", &["//host.test/:_authToken"]));
        assert!(fit("/a~1b", &["a/b"]));
        assert!(fit("/apiKey@*", &["apiKey@https://service.test/"]));
        assert!(!fit("/token", &["tokens"]));
    }

    #[test]
    fn moments_are_read_in_all_their_forms() {
        let seconds = |value: Value| moment(&value);
        assert_eq!(seconds(1_767_225_600.into()), Some(1_767_225_600));
        assert_eq!(seconds(1_767_225_600_000_i64.into()), Some(1_767_225_600));
        assert_eq!(seconds("2026-01-01T00:00:00Z".into()), Some(1_767_225_600));
        assert_eq!(seconds("2000-02-29 12:00:00.123".into()), Some(951_825_600));
        assert_eq!(seconds(3_600.into()), None);
    }

    #[test]
    fn a_text_that_is_json_is_read_as_such() {
        let tree =
            serde_json::json!({"token": r#"{"refresh_token": "x", "expiry": "2026-01-01T00:00:00Z"}"#});
        let leaves = leaves(&tree);
        assert_eq!(leaves.len(), 2);
        assert!(
            leaves
                .iter()
                .any(|leaf| leaf.path == ["token", "refresh_token"] && leaf.expires == Some(1_767_225_600))
        );
    }
}
