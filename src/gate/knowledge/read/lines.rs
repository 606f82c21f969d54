//! Words that hold more than one thing: commands with places to fill, paths given to a container.

use crate::gate::knowledge::table::Role;
use crate::gate::knowledge::words::{join, push_text, strip};
use crate::gate::model::{Part, Stdin, Word};

use super::texts::{
    BRACES, from_stdin, holds_braces, holds_mark, replace_braces, replace_mark, text_words, unknown,
};

/// The most of them for which a command with a place to fill is read one by one.
const MOST_FILLED: usize = 16;

/// Several words that `parallel` or `xargs` put into a place of their command, one after the other, as commands of their
/// own; `None` where one reading is enough.
pub(super) fn each(words: &[Word], stdin: &Stdin) -> Option<Vec<Vec<Word>>> {
    let (template, added) = template_and_added(words, stdin);
    let takes_place = template.iter().any(|word| word.parts.iter().any(holds_braces));
    if !takes_place || !(2..=MOST_FILLED).contains(&added.len()) {
        return None;
    }
    let separator = Word::known(":::");
    Some(
        added
            .into_iter()
            .map(|word| template.iter().cloned().chain([separator.clone(), word]).collect())
            .collect(),
    )
}

/// What `parallel` runs: its words are a line of shell once one of them holds more than a word, and so are the words it
/// takes from elsewhere if it has none of its own.
pub(super) fn filled(words: Vec<Word>, stdin: &Stdin) -> Vec<(Role, Vec<Word>)> {
    let (template, mut added) = template_and_added(&words, stdin);
    let line = |word: Word| (Role::Shell, vec![word]);
    if template.is_empty() {
        return added.into_iter().map(line).collect();
    }
    if !template.iter().any(is_line) {
        return each(&words, stdin)
            .unwrap_or_else(|| vec![words])
            .into_iter()
            .map(|words| (Role::CommandMore, words))
            .collect();
    }
    if added.is_empty() || added.len() > MOST_FILLED {
        added = vec![from_stdin()];
    }
    let template = join(&template);
    let takes_place = template.parts.iter().any(holds_braces);
    added
        .iter()
        .map(quoted)
        .map(|by| {
            line(if takes_place { replace_braces(&template, &by) } else { join(&[template.clone(), by]) })
        })
        .collect()
}

/// The words of a command, and those that are added to it: after `:::`, or from standard input.
fn template_and_added(words: &[Word], stdin: &Stdin) -> (Vec<Word>, Vec<Word>) {
    let is_separator = |word: &Word| word.text().is_some_and(|text| text.starts_with(":::"));
    match words.iter().position(is_separator) {
        Some(at) => {
            let added = words[at..].iter().filter(|word| !is_separator(word)).cloned().collect();
            (words[..at].to_vec(), added)
        }
        None => {
            let added = match stdin {
                Stdin::Text(text) => text_words(text),
                Stdin::Empty => Vec::new(),
                _ => vec![from_stdin()],
            };
            (words.to_vec(), added)
        }
    }
}

/// Adds to the words of `xargs` and `parallel` what they take from standard input or after `:::`. `options` are the words
/// before those of the command.
pub(super) fn add_words(words: &mut Vec<Word>, options: &[Word], stdin: &Stdin) {
    let (template, added) = template_and_added(words, stdin);
    *words = template;
    let mark = mark(options);
    let takes_place = words.iter().any(|word| word.parts.iter().any(|part| holds_mark(part, mark)));
    if !takes_place {
        words.extend(added);
        return;
    }
    let by = match added.as_slice() {
        [one] => one.clone(),
        _ => unknown("standard input", false),
    };
    for word in words.iter_mut() {
        *word = replace_mark(word, mark, &by);
    }
}

/// What is replaced: `{}`, or what `-I` names.
fn mark(options: &[Word]) -> &str {
    let mut rest = options.iter().filter_map(Word::text);
    let mut mark = BRACES;
    while let Some(option) = rest.next() {
        let named = match option {
            "-I" | "-J" => rest.next(),
            _ => option.strip_prefix("-I").or_else(|| option.strip_prefix("--replace=")),
        };
        mark = named.filter(|named| !named.is_empty()).unwrap_or(mark);
    }
    mark
}

/// Whether a word holds more than one word of shell.
fn is_line(word: &Word) -> bool {
    word.parts.iter().any(|part| {
        matches!(part, Part::Text(text) if text.contains([' ', '\t', '\n', ';', '|', '&', '>', '<', '$', '`', '(']))
    })
}

/// A word as one of a line of shell. What is unknown stands as a variable that nobody sets.
fn quoted(word: &Word) -> Word {
    let mut line = String::new();
    for part in &word.parts {
        match part {
            Part::Text(text) | Part::Glob(text) => {
                line.push('\'');
                line.push_str(&text.replace('\'', "'\\''"));
                line.push('\'');
            }
            Part::Unknown { .. } => line.push_str("\"${UNKNOWN_HERE}\""),
        }
    }
    Word { span: word.span, ..Word::known(line) }
}

/// The path of this machine that a container gets by `SOURCE:TARGET[:ro]` or `type=bind,source=SOURCE,…`, and whether it
/// can only be read there. `None` for volumes, which have a name and no path.
pub(super) fn mounted(word: &Word) -> Option<(Word, bool)> {
    let prefix = word.prefix();
    let keyed =
        prefix.split(':').next().is_some_and(|head| head.contains('=') && !head.starts_with(['/', '.']));
    if keyed {
        let fields = fields(word, ',');
        let read_only = fields
            .iter()
            .any(|field| matches!(field.text(), Some("readonly" | "ro" | "readonly=true" | "ro=true")));
        let source = fields.iter().find_map(|field| {
            let name = ["source=", "src="].into_iter().find(|name| field.prefix().starts_with(name))?;
            Some(strip(field, name.len()))
        })?;
        return is_path(&source).then_some((source, read_only));
    }
    let mut fields = fields(word, ':').into_iter();
    let source = fields.next()?;
    fields.next()?;
    let read_only =
        fields.any(|options| options.text().is_some_and(|text| text.split(',').any(|option| option == "ro")));
    is_path(&source).then_some((source, read_only))
}

fn is_path(word: &Word) -> bool {
    match word.parts.first() {
        Some(Part::Text(text)) => text.starts_with(['/', '.', '~']),
        Some(_) => true,
        None => false,
    }
}

/// The word cut at a character.
fn fields(word: &Word, at: char) -> Vec<Word> {
    let mut fields = vec![Word { parts: Vec::new(), span: word.span }];
    for part in &word.parts {
        let Part::Text(text) = part else {
            if let Some(last) = fields.last_mut() {
                last.parts.push(part.clone());
            }
            continue;
        };
        for (index, piece) in text.split(at).enumerate() {
            if index > 0 {
                fields.push(Word { parts: Vec::new(), span: word.span });
            }
            if let Some(last) = fields.last_mut() {
                push_text(&mut last.parts, piece);
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_a_container_gets() {
        let path = |text: &str| mounted(&Word::known(text)).map(|(word, ro)| (word.prefix().to_owned(), ro));
        assert_eq!(path("/:/host"), Some(("/".to_owned(), false)));
        assert_eq!(path("./src:/app:ro,z"), Some(("./src".to_owned(), true)));
        assert_eq!(path("type=bind,source=/etc,target=/e,readonly"), Some(("/etc".to_owned(), true)));
        for volume in ["data:/var/lib/data", "/cache", "type=volume,source=data,target=/d"] {
            assert_eq!(path(volume), None, "{volume}");
        }
    }

    #[test]
    fn parallel_runs_lines() {
        let words = |words: &[&str]| words.iter().copied().map(Word::known).collect::<Vec<_>>();
        let run = |given: &[&str]| filled(words(given), &Stdin::Inherited);
        assert_eq!(
            run(&["rm -rf {}", ":::", "/", "it's"]),
            [(Role::Shell, words(&["rm -rf '/'"])), (Role::Shell, words(&["rm -rf 'it'\\''s'"])),]
        );
        assert_eq!(run(&[":::", "rm x"]), [(Role::Shell, words(&["rm x"]))]);
        assert_eq!(run(&["rm", "{}", ":::", "a", "b"]).len(), 2);
        assert_eq!(run(&["wc", ":::", "a", "b"]).len(), 1);
    }
}
