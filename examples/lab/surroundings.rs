//! Recall of every rule in the places where its credentials are written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use data_encoding::BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis::blob::Blob;
use portcullis::finding::Confidence;
use portcullis::rules::raw::RawFile;
use portcullis::rules::shape::{Random, Shape};
use portcullis::scan::{Scanner, Tally};

use crate::panics::survive;
use crate::results::Results;

/// A way to write a value under a name; `None` where it cannot be written so.
type Writer = fn(name: &str, value: &str) -> Option<String>;

const SURROUNDINGS: [(&str, &str, Writer); 14] = [
    ("env", "deploy/.env", |name, value| {
        one_line(format!("DEBUG=1\n{}={value}\nPORT=80\n", upper(name)), value)
    }),
    ("json", "config.json", |name, value| {
        Some(format!("{{\n  \"{name}\": \"{}\",\n  \"x\": 1\n}}\n", escaped(value)))
    }),
    ("yaml", "config.yml", |name, value| {
        Some(if value.contains('\n') {
            format!("{name}: |\n  {}\nx: 1\n", value.replace('\n', "\n  "))
        } else {
            format!("x: 1\n{name}: {value}\n")
        })
    }),
    ("source", "src/app.js", |name, value| Some(format!("const {name} = \"{}\";\nrun();\n", escaped(value)))),
    ("url-query", "src/client.txt", |name, value| {
        Some(format!(
            "GET https://api.service.net/v1/items?limit=10&{name}={}&page=2\n",
            percent(value, QUERY)
        ))
    }),
    ("header", "api.http", |name, value| {
        one_line(format!("Host: service\nX-{name}: {value}\nAccept: */*\n"), value)
    }),
    ("minified", "dist/app.js", |name, value| {
        Some(format!(
            "!function(e,t){{var n=1,r={{{name}:\"{}\",a:2}},i=function(e){{return e+n}};i(r)}}();",
            escaped(value)
        ))
    }),
    ("markdown", "README.md", |name, value| {
        one_line(format!("# Setup\n\nThe {name} is `{value}`, keep it.\n"), value)
    }),
    ("utf-16", "settings.txt", |name, value| Some(format!("x=1\r\n{name}={value}\r\n"))),
    ("crlf", "app.properties", |name, value| one_line(format!("x=1\r\n{name}={value}\r\ny=2\r\n"), value)),
    ("base64", "data.yml", |name, value| {
        Some(format!("data:\n  config: {}\n", BASE64.encode(format!("{name}={value}\n").as_bytes())))
    }),
    ("percent", "body.txt", |name, value| {
        Some(format!("body={}", percent(&format!("a=1&{name}={value}&b=2"), QUERY)))
    }),
    ("escaped", "log.json", |name, value| {
        Some(format!("{{\"body\": \"{}\"}}\n", escaped(&format!("{{\"{name}\": \"{}\"}}", escaped(value)))))
    }),
    ("line-above", "notes.txt", |name, value| Some(format!("{name}:\n{value}\n"))),
];

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn percent(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).to_string()
}

fn one_line(text: String, value: &str) -> Option<String> {
    (!value.contains('\n')).then_some(text)
}

fn upper(name: &str) -> String {
    name.to_ascii_uppercase()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Texts of one surrounding.
#[derive(Clone, Copy, Default)]
struct Recall {
    texts: usize,
    /// Found by the rule itself, at medium confidence and up.
    own: usize,
    /// Found by any rule, at medium confidence and up.
    any: usize,
}

/// A rule as far as its positives go.
struct Source {
    id: String,
    name: String,
    /// Whether its shapes hold more than the credential: a name, a command, several lines.
    snippet: bool,
    shapes: Vec<Shape>,
}

fn sources(folder: &Path) -> Result<Vec<Source>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut sources = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let name = file.display().to_string();
        let parsed: RawFile =
            toml::from_str(&std::fs::read_to_string(file)?).with_context(|| name.clone())?;
        for rule in parsed.rule.into_iter().filter(|rule| rule.class.as_deref() != Some("public")) {
            let shapes = rule.shapes.iter().map(|shape| {
                Shape::parse(shape).map_err(|error| anyhow!("{name}: rule {}: {error}", rule.id))
            });
            let keyword = rule.keywords.first().map_or("value", String::as_str);
            let spaced = |shape: &String| shape.contains([' ', '\n', '"', '\'', '<', '=']);
            sources.push(Source {
                name: keyword.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
                snippet: rule.detector.is_some()
                    || !rule.anchors.is_empty()
                    || rule.shapes.iter().any(spaced),
                shapes: shapes.collect::<Result<_>>()?,
                id: rule.id,
            });
        }
    }
    Ok(sources)
}

/// Writes `count` values of each shape of each rule in every surrounding, and prints which are found.
pub(crate) fn run(folder: &Path, count: usize, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let scanner = Scanner::builtin().explaining(true);
    let sources = sources(folder)?;
    let mut table: BTreeMap<(bool, usize), Recall> = BTreeMap::new();
    let mut missed: Vec<(&str, Vec<String>, BTreeSet<String>)> = Vec::new();
    for source in &sources {
        let mut misses: BTreeMap<usize, (Recall, BTreeSet<String>)> = BTreeMap::new();
        for (number, shape) in source.shapes.iter().enumerate() {
            let mut random = Random::new(number as u64 + 1);
            for _ in 0..count {
                let value = String::from_utf8(shape.expand(&mut random))?;
                for (column, (_, path, write)) in SURROUNDINGS.iter().enumerate() {
                    let Some(text) = write(&source.name, &value) else { continue };
                    let bytes =
                        if SURROUNDINGS[column].0 == "utf-16" { utf16(&text) } else { text.into_bytes() };
                    let mut worker = scanner.worker();
                    survive(|| worker.scan(&Blob::new(&bytes, path)));
                    let Tally { findings, dropped, .. } = worker.into_tally();
                    let shown = || findings.iter().filter(|finding| finding.confidence >= Confidence::Medium);
                    let own = shown().any(|finding| *finding.rule_id == *source.id);
                    let any = shown().next().is_some();
                    let (recall, instead) = misses.entry(column).or_default();
                    for recall in [recall, table.entry((source.snippet, column)).or_default()] {
                        recall.texts += 1;
                        recall.own += usize::from(own);
                        recall.any += usize::from(any);
                    }
                    if !own {
                        instead.extend(
                            findings.iter().map(|found| format!("{} {}", found.rule_id, found.confidence)),
                        );
                        instead.extend(dropped.iter().map(|dropped| {
                            format!("{} dropped by {}", dropped.rule_id, dropped.reason.filter)
                        }));
                        if findings.is_empty() && dropped.is_empty() {
                            instead.insert(silence(&source.id, &value));
                        }
                    }
                }
            }
        }
        let (mut places, mut others) = (Vec::new(), BTreeSet::new());
        for (column, (recall, instead)) in misses {
            let surrounding = SURROUNDINGS[column].0;
            results.set(
                format!("recall-rules/{}/{surrounding}", source.id),
                format!("{}/{} own, {} any", recall.own, recall.texts, recall.any),
            );
            if recall.own < recall.texts {
                places.push(format!("{surrounding} {}/{}", recall.own, recall.texts));
                others.extend(instead);
            }
        }
        if !places.is_empty() {
            missed.push((&source.id, places, others));
        }
    }
    writeln!(
        out,
        "\n== recall: {} rules, {count} values of each shape, medium confidence and up",
        sources.len()
    )?;
    writeln!(out, "               credentials alone              credentials with a name, several lines")?;
    writeln!(out, "surrounding    texts    own %    any %         texts    own %    any %")?;
    for (column, (surrounding, ..)) in SURROUNDINGS.iter().enumerate() {
        write!(out, "{surrounding:<12}")?;
        for snippet in [false, true] {
            let Recall { texts, own, any } = table.get(&(snippet, column)).copied().unwrap_or_default();
            let percent = |part: usize| 100.0 * part as f64 / texts.max(1) as f64;
            write!(out, "{texts:>8}{:>9.2}{:>9.2}      ", percent(own), percent(any))?;
            let what = if snippet { "snippets" } else { "credentials" };
            results.set(format!("recall/{what}/{surrounding}"), format!("{own} own, {any} any of {texts}"));
        }
        writeln!(out)?;
    }
    writeln!(out, "\nrules that miss some: {}", missed.len())?;
    for (id, places, others) in &missed {
        writeln!(out, "{id}: {}", places.join(", "))?;
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            writeln!(out, "    instead: {}", others.join(", "))?;
        }
    }
    Ok(())
}

/// Why a rule may say nothing at all of a value: its pattern does not fit, or the place was never looked at.
fn silence(id: &str, value: &str) -> String {
    let rule = portcullis::rules::builtin().iter().find(|rule| rule.id == id);
    match rule.filter(|rule| !rule.pattern.is_empty()) {
        None => "no candidate",
        Some(rule) if !rule.regex().is_match(value.as_bytes()) => "the pattern does not match the shape",
        Some(_) => "the pattern matches, but there is no candidate, no keyword, or a word touches it",
    }
    .to_owned()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
