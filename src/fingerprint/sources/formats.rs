//! The formats of stores, each read into a tree. What cannot be read is said without a word of the content.

use std::path::Path;

use serde_json::{Map, Value};

use super::sqlite;

/// What a file could not be read as.
pub(super) type Trouble = &'static str;

/// Reads a file's content, by its name and the format that its store says.
pub(super) fn read(path: &Path, format: &str, bytes: &[u8]) -> Result<Value, Trouble> {
    if bytes.starts_with(b"SQLite format 3\0") {
        return sqlite::read(bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "is no text")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let trimmed = text.trim_start();
    match () {
        () if trimmed.starts_with("-----BEGIN ") => Ok(Value::String(text.to_owned())),
        () if ends(&[".json"]) || trimmed.starts_with('{') && format != "plain" => json(text),
        () if ends(&[".toml"]) => toml(text),
        () if ends(&[".yml", ".yaml"]) => yaml(text),
        () if ends(&[".xml", ".config"]) && trimmed.starts_with('<') => xml(text),
        () if name.starts_with(".env") || ends(&[".env", ".vars"]) => Ok(assignments(text)),
        () if ends(&["netrc", ".authinfo"]) => Ok(netrc(text)),
        () if name == ".pgpass" || name == "pgpass.conf" => Ok(colons(text)),
        () if ends(&[".ini", ".cfg", ".conf", "rc.local"]) => Ok(ini(text)),
        () if ends(&[".properties"]) => Ok(properties(text)),
        () => match format {
            "json" if !trimmed.starts_with('[') => Ok(loose(text)),
            "json" => json(text),
            "toml" => toml(text),
            "yaml" => yaml(text).or_else(|_| toml(text)),
            "xml" => xml(text),
            "netrc" => Ok(netrc(text)),
            "ini" | "conf" => Ok(ini(text)),
            "properties" => Ok(properties(text)),
            "dotenv" | "shell" => Ok(assignments(text)),
            "colon-list" => Ok(colons(text)),
            "svn-hash" => Ok(svn(text)),
            "python" | "edn" | "erlang" | "dhall" | "php" => Ok(loose(text)),
            "url-list" => Ok(lines(text)),
            _ => Ok(Value::String(text.to_owned())),
        },
    }
}

fn json(text: &str) -> Result<Value, Trouble> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    // settings with comments and commas too many
    serde_json::from_str(&plain_json(text)).map_err(|_| "is no valid JSON")
}

/// JSON without the comments and trailing commas that some tools allow.
fn plain_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' if quoted => {
                out.push(c);
                out.extend(rest.next());
                continue;
            }
            '"' => quoted = !quoted,
            '/' if !quoted && rest.peek() == Some(&'/') => {
                rest.by_ref().find(|&c| c == '\n');
                continue;
            }
            '/' if !quoted && rest.peek() == Some(&'*') => {
                let mut last = ' ';
                rest.by_ref().find(|&c| std::mem::replace(&mut last, c) == '*' && c == '/');
                continue;
            }
            '}' | ']' if !quoted => {
                let end = out.trim_end().len();
                if out[..end].ends_with(',') {
                    out.truncate(end - 1);
                }
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

fn toml(text: &str) -> Result<Value, Trouble> {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::String(text) => Value::String(text),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(truth) => truth.into(),
            toml::Value::Datetime(moment) => Value::String(moment.to_string()),
            toml::Value::Array(array) => array.into_iter().map(convert).collect(),
            toml::Value::Table(table) => {
                Value::Object(table.into_iter().map(|(name, value)| (name, convert(value))).collect())
            }
        }
    }
    let table: toml::Table = text.parse().map_err(|_| "is no valid TOML")?;
    Ok(convert(toml::Value::Table(table)))
}

fn yaml(text: &str) -> Result<Value, Trouble> {
    use saphyr_parser::{Event, Parser};

    /// A mapping or sequence that is being read.
    enum Open {
        Mapping(Map<String, Value>, Option<String>),
        Sequence(Vec<Value>),
    }
    let mut open: Vec<Open> = Vec::new();
    let mut documents = Vec::new();
    // aliases stand for nothing: no store needs them, and they may grow without end
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|_| "is no valid YAML")?;
        let value = match event {
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::Alias(_) => Value::Null,
            Event::MappingStart(..) => {
                open.push(Open::Mapping(Map::new(), None));
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(Open::Sequence(Vec::new()));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(Open::Mapping(map, _)) => Value::Object(map),
                Some(Open::Sequence(items)) => Value::Array(items),
                None => return Err("is no valid YAML"),
            },
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(value),
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping(map, name @ None)) => {
                let _ = map;
                *name = Some(value.as_str().unwrap_or_default().to_owned());
            }
            Some(Open::Mapping(map, name)) => {
                map.insert(name.take().unwrap_or_default(), value);
            }
        }
    }
    match documents.len() {
        1 => Ok(documents.remove(0)),
        _ => Ok(Value::Array(documents)),
    }
}

/// Adds a value; of several under one name, all.
fn put(map: &mut Map<String, Value>, name: &str, value: Value) {
    match map.get_mut(name) {
        None => {
            map.insert(name.to_owned(), value);
        }
        Some(Value::Array(all)) => all.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// Sections, names and values; lines `name value` as well.
fn ini(text: &str) -> Value {
    let mut top = Map::new();
    let mut section: Option<(String, Map<String, Value>)> = None;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split_once(']')).map(|(name, _)| name)
        {
            if let Some((name, values)) = section.take() {
                put(&mut top, &name, Value::Object(values));
            }
            section = Some((name.trim().to_owned(), Map::new()));
            continue;
        }
        let by_space = || line.split_once(char::is_whitespace);
        let Some((name, value)) = line
            .split_once(" = ")
            .or_else(|| line.split_once('='))
            .or_else(|| line.split_once(": "))
            .or_else(by_space)
        else {
            continue;
        };
        let values = section.as_mut().map_or(&mut top, |(_, values)| values);
        put(values, unquoted(name), Value::String(unquoted(value).to_owned()));
    }
    if let Some((name, values)) = section {
        put(&mut top, &name, Value::Object(values));
    }
    Value::Object(top)
}

fn properties(text: &str) -> Value {
    let mut map = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!'])) {
        if let Some((name, value)) = line.split_once(['=', ':']) {
            let value = value.trim().replace("\\:", ":").replace("\\=", "=").replace("\\\\", "\\");
            put(&mut map, name.trim(), Value::String(value));
        }
    }
    Value::Object(map)
}

/// `NAME=value` as dotenv files and shells have it, quotes and several lines in quotes included.
pub(super) fn assignments(text: &str) -> Value {
    let mut map = Map::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        let line = line.trim();
        let line = line.strip_prefix("export ").or_else(|| line.strip_prefix("set -gx ")).unwrap_or(line);
        let line = line.strip_prefix("-s ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').or_else(|| line.split_once(' ')) else { continue };
        let name = name.trim();
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        {
            continue;
        }
        let value = value.trim_start();
        let mut taken = None;
        if let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
            // where the value stands in the text, so that it may go on over lines
            let start = value.as_ptr() as usize - text.as_ptr() as usize + 1;
            let inner = &text[start..];
            if let Some(end) = inner.find(quote) {
                taken = Some(inner[..end].to_owned());
                if start + end > text.len() - rest.len() {
                    rest = &inner[end + 1..];
                }
            }
        }
        let value = taken.unwrap_or_else(|| {
            let end = value.find(" #").unwrap_or(value.len());
            value[..end].trim().trim_end_matches(';').to_owned()
        });
        put(&mut map, name, Value::String(value.replace("\\n", "\n")));
    }
    Value::Object(map)
}

fn netrc(text: &str) -> Value {
    let mut machines = Map::new();
    let mut default = Map::new();
    let mut current: Option<(String, Map<String, Value>)> = None;
    let mut words =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let close = |current: &mut Option<(String, Map<String, Value>)>, machines: &mut Map<String, Value>| {
        if let Some((name, values)) = current.take() {
            put(machines, &name, Value::Object(values));
        }
    };
    while let Some(word) = words.next() {
        match word {
            "machine" | "host" => {
                close(&mut current, &mut machines);
                current = words.next().map(|name| (name.to_owned(), Map::new()));
            }
            "default" => {
                close(&mut current, &mut machines);
            }
            "login" | "password" | "account" | "user" | "port" => {
                let Some(value) = words.next() else { break };
                let values = current.as_mut().map_or(&mut default, |(_, values)| values);
                values.insert(word.to_owned(), Value::String(unquoted(value).to_owned()));
            }
            _ => {}
        }
    }
    close(&mut current, &mut machines);
    serde_json::json!({ "machine": machines, "default": default })
}

/// `host:port:database:user:password`
fn colons(text: &str) -> Value {
    let mut map = Map::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut parts: [String; 5] = Default::default();
        let (mut at, mut rest) = (0, line.chars());
        while let Some(c) = rest.next() {
            match c {
                ':' if at < 4 => at += 1,
                '\\' => parts[at].extend(rest.next()),
                c => parts[at].push(c),
            }
        }
        if at < 4 {
            continue;
        }
        let [host, _, database, user, password] = &parts;
        put(&mut map, &format!("{user}@{host}/{database}"), serde_json::json!({ "password": password }));
    }
    Value::Object(map)
}

/// `K 8`, name, `V 20`, value, each on its line.
fn svn(text: &str) -> Value {
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.windows(4).filter(|four| four[0].starts_with("K ") && four[2].starts_with("V "));
    Value::Object(pairs.map(|four| (four[1].to_owned(), Value::String(four[3].to_owned()))).collect())
}

/// Quoted texts under the name or text before them: for languages that are not worth a parser.
fn loose(text: &str) -> Value {
    let mut map = Map::new();
    let mut name = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-$:.".contains(c))).unwrap_or(rest.len());
        if matches!(c, '"' | '\'') {
            let Some(end) = rest[1..].find(c) else { break };
            let inner = &rest[1..1 + end];
            if !name.is_empty() {
                put(&mut map, &name, Value::String(inner.to_owned()));
            }
            inner.clone_into(&mut name);
            rest = &rest[end + 2..];
        } else if word > 0 {
            rest[..word].clone_into(&mut name);
            rest = &rest[word..];
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    Value::Object(map)
}

fn lines(text: &str) -> Value {
    text.lines().map(|line| Value::String(line.trim().to_owned())).collect()
}

/// Elements by name; `key`/`value` attributes as a name and its text.
fn xml(text: &str) -> Result<Value, Trouble> {
    use quick_xml::Reader;
    use quick_xml::events::{BytesStart, Event};

    let trouble = "is no valid XML";
    let attributes = |element: &BytesStart<'_>| -> Map<String, Value> {
        let mut map = Map::new();
        for attribute in element.attributes().flatten() {
            let name = attribute.key.as_ref().to_owned();
            let value = attribute.value.clone().into_owned();
            let value = quick_xml::escape::unescape(&value).map_or(value.clone(), |value| value.into_owned());
            map.insert(name, Value::String(value));
        }
        match (map.get("key").and_then(Value::as_str), map.get("value")) {
            (Some(key), Some(value)) => Map::from_iter([(key.to_owned(), value.clone())]),
            _ => map,
        }
    };
    let named = |element: &BytesStart<'_>| element.local_name().as_ref().to_owned();
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, Map<String, Value>, String)> =
        vec![(String::new(), Map::new(), String::new())];
    let close = |open: &mut Vec<(String, Map<String, Value>, String)>| {
        let Some((name, mut values, text)) = open.pop() else { return };
        let text = text.trim();
        let value = match (values.is_empty(), text.is_empty()) {
            (true, _) => Value::String(text.to_owned()),
            (false, true) => Value::Object(values),
            (false, false) => {
                values.insert("text".to_owned(), Value::String(text.to_owned()));
                Value::Object(values)
            }
        };
        if let Some((_, parent, _)) = open.last_mut() {
            // <add key= value=> belongs to its parent
            match value {
                Value::Object(inner) if name == "add" => {
                    inner.into_iter().for_each(|(name, value)| put(parent, &name, value))
                }
                value => put(parent, &name, value),
            }
        }
    };
    loop {
        match reader.read_event().map_err(|_| trouble)? {
            Event::Start(element) => {
                if open.len() > 64 {
                    return Err("is nested too deep");
                }
                open.push((named(&element), attributes(&element), String::new()));
            }
            Event::Empty(element) => {
                open.push((named(&element), attributes(&element), String::new()));
                close(&mut open);
            }
            Event::End(_) if open.len() > 1 => close(&mut open),
            Event::Text(inner) => {
                if let Some((_, _, text)) = open.last_mut() {
                    text.push_str(&inner);
                }
            }
            Event::GeneralRef(inner) => {
                if let Some((_, _, text)) = open.last_mut() {
                    let written = format!("&{};", &*inner);
                    text.push_str(&quick_xml::escape::unescape(&written).unwrap_or_default());
                }
            }
            Event::CData(inner) => {
                if let Some((_, _, text)) = open.last_mut() {
                    text.push_str(&inner);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(Value::Object(open.swap_remove(0).1))
}
