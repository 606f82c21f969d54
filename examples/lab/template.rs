//! Templates of labelled text: ordinary text in which `«…»` stands for something generated, so that no text that
//! looks like a credential stands in the repository. `«!…»` marks the secret.
//!
//! Inside: `weak` (a password as people make them), `plain` (one that is a word), `word`, `Word`, `WORD`, `user`,
//! `host`, `b64:…` (base64 of the template after it, which may hold `«…»` itself), `rule:ID` (the first shape of a
//! built-in rule), or what a shape may hold between braces: `base62:32`, `hex:64`, `uuid`, `a|b|c`.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::BASE64;
use portcullis::rules::shape::{Random, Shape};
use portcullis::span::Span;
use serde::Deserialize;

/// The words that values are assembled from: `benches/lab/words.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// What people build passwords on.
    password: Vec<String>,
    /// Words of names and hosts.
    ordinary: Vec<String>,
    user: Vec<String>,
    top_level: Vec<String>,
}

impl Words {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        toml::from_str(&text).with_context(|| file.display().to_string())
    }
}

/// A parsed template.
pub(crate) struct Template(Vec<Part>);

enum Part {
    Text(String),
    Generated { secret: bool, generator: Generator },
}

enum Generator {
    Weak,
    Plain,
    Word(Case),
    User,
    Host,
    Base64(Template),
    Shape(Shape),
}

enum Case {
    Lower,
    Capital,
    Upper,
}

/// A text made from a template, and where its secrets lie.
#[derive(Default)]
pub(crate) struct Instance {
    pub(crate) text: Vec<u8>,
    pub(crate) secrets: Vec<Span>,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('«') {
            parts.push(Part::Text(rest[..open].to_owned()));
            let inside = &rest[open + '«'.len_utf8()..];
            let close = closing(inside).with_context(|| format!("«{inside} is never closed: write »"))?;
            parts.push(generated(&inside[..close])?);
            rest = &inside[close + '»'.len_utf8()..];
        }
        if rest.contains('»') {
            bail!("a » without a « before it in: {text}");
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Whether a part is marked as the secret.
    pub(crate) fn has_secret(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Generated { secret: true, .. }))
    }

    pub(crate) fn expand(&self, words: &Words, random: &mut Random) -> Instance {
        let mut instance = Instance::default();
        for part in &self.0 {
            match part {
                Part::Text(text) => instance.text.extend_from_slice(text.as_bytes()),
                Part::Generated { secret, generator } => {
                    let start = instance.text.len();
                    instance.text.extend(generator.make(words, random));
                    if *secret {
                        instance.secrets.push(Span::new(start, instance.text.len()));
                    }
                }
            }
        }
        instance
    }
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '«' => depth += 1,
            '»' if depth == 0 => return Some(at),
            '»' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn generated(inside: &str) -> Result<Part> {
    let (secret, name) = inside.strip_prefix('!').map_or((false, inside), |name| (true, name));
    let generator = match name {
        "weak" => Generator::Weak,
        "plain" => Generator::Plain,
        "word" => Generator::Word(Case::Lower),
        "Word" => Generator::Word(Case::Capital),
        "WORD" => Generator::Word(Case::Upper),
        "user" => Generator::User,
        "host" => Generator::Host,
        _ => {
            if let Some(inner) = name.strip_prefix("b64:") {
                Generator::Base64(Template::parse(inner)?)
            } else if let Some(id) = name.strip_prefix("rule:") {
                let rule = portcullis::rules::builtin().iter().find(|rule| rule.id == id);
                let shape = rule.and_then(|rule| rule.shapes.first());
                Generator::Shape(parsed(shape.with_context(|| format!("no rule {id} with a shape"))?)?)
            } else {
                Generator::Shape(parsed(&format!("{{{name}}}"))?)
            }
        }
    };
    Ok(Part::Generated { secret, generator })
}

fn parsed(shape: &str) -> Result<Shape> {
    Shape::parse(shape).map_err(|error| anyhow!("{shape}: {error}"))
}

impl Generator {
    fn make(&self, words: &Words, random: &mut Random) -> Vec<u8> {
        let text = match self {
            Self::Weak => weak(words, random),
            Self::Plain => pick(&words.password, random).to_owned(),
            Self::Word(Case::Lower) => pick(&words.ordinary, random).to_owned(),
            Self::Word(Case::Capital) => capital(pick(&words.ordinary, random)),
            Self::Word(Case::Upper) => pick(&words.ordinary, random).to_uppercase(),
            Self::User => pick(&words.user, random).to_owned(),
            Self::Host => format!(
                "{}{}.{}-{}.{}",
                ["db", "api", "mail", "git", "cache"][random.below(5)],
                1 + random.below(9),
                pick(&words.ordinary, random),
                pick(&words.ordinary, random),
                pick(&words.top_level, random)
            ),
            Self::Base64(inner) => BASE64.encode(&inner.expand(words, random).text),
            Self::Shape(shape) => return shape.expand(random),
        };
        text.into_bytes()
    }
}

fn pick<'w>(list: &'w [String], random: &mut Random) -> &'w str {
    &list[random.below(list.len())]
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A password as people make them: words, a year or a few digits, a sign.
fn weak(words: &Words, random: &mut Random) -> String {
    let base = pick(&words.password, random);
    let other = pick(&words.ordinary, random);
    let year = 1985 + random.below(41);
    let sign = ["!", "@", "#", "*", "?"][random.below(5)];
    let digits = ["1", "12", "123", "1234", "77", "99", "007", "01", "321", "456"][random.below(10)];
    match random.below(8) {
        0 => format!("{}{year}{sign}", capital(base)),
        1 => format!("{base}{digits}"),
        2 => format!("{}@{digits}", capital(base)),
        3 => format!("{}{digits}{sign}", leet(base)),
        4 => format!("{}{}{digits}", capital(other), capital(base)),
        5 => format!("{base}{year}"),
        6 => format!("{base}{sign}{other}{digits}"),
        _ => format!("{}#{year}", capital(other)),
    }
}

fn leet(word: &str) -> String {
    word.chars()
        .map(|letter| match letter {
            'a' => '4',
            'e' => '3',
            'i' => '1',
            'o' => '0',
            's' => '5',
            other => other,
        })
        .collect()
}
