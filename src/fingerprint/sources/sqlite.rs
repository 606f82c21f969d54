//! Reads the tables of an SQLite database: the few stores that have one need no more than their rows.
//!
//! Format: "Database File Format" of the SQLite documentation. Read are table b-trees with their overflow pages; what
//! stands in a write-ahead log beside the file [`super::wal`] adds before. The bytes are not trusted: every offset is checked, each page is
//! visited once.

use serde_json::{Map, Value};

use super::formats::Trouble;

/// Most rows of a database.
const MOST: usize = 20_000;
/// The longest text of a row.
const LONGEST: usize = 1 << 20;

/// Every table by name: its rows by their first text, each by column.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Trouble> {
    let trouble = "is no valid SQLite database";
    let size = match bytes.get(16..18).ok_or(trouble)? {
        [0, 1] => 65_536,
        two => usize::from(u16::from_be_bytes([two[0], two[1]])),
    };
    let reserved = usize::from(*bytes.get(20).ok_or(trouble)?);
    if size < 512 || !size.is_power_of_two() || reserved >= size / 2 {
        return Err(trouble);
    }
    let file = File { bytes, size, usable: size - reserved };
    let mut tables = Map::new();
    for row in file.rows(1) {
        let [Some(kind), Some(name), _, Some(root), sql] = &row[..] else { continue };
        if kind != "table" {
            continue;
        }
        let columns = columns(sql.as_deref().unwrap_or_default());
        let mut rows = Map::new();
        for (number, row) in file.rows(root.parse().unwrap_or(0)).into_iter().enumerate() {
            let mut named = Map::new();
            for (i, text) in row.iter().enumerate() {
                if let Some(text) = text {
                    let column = columns.get(i).cloned().unwrap_or_else(|| format!("column {}", i + 1));
                    named.insert(column, Value::String(text.clone()));
                }
            }
            let key = row.iter().flatten().next().filter(|key| key.len() < 200);
            let key = key.map_or_else(|| number.to_string(), |key| key.to_owned());
            let key = if rows.contains_key(&key) { format!("{key} {number}") } else { key };
            rows.insert(key, Value::Object(named));
        }
        tables.insert(name.clone(), Value::Object(rows));
    }
    Ok(Value::Object(tables))
}

/// The names of the columns of `CREATE TABLE … (name …, …)`.
fn columns(sql: &str) -> Vec<String> {
    let Some((_, inner)) = sql.split_once('(') else { return Vec::new() };
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
                if c == ')' {
                    break;
                }
            }
            _ => {}
        }
    }
    let name = |part: &str| {
        part.split_whitespace().next().unwrap_or_default().trim_matches(['"', '`', '[', ']', '\'']).to_owned()
    };
    parts.into_iter().map(name).collect()
}

struct File<'f> {
    bytes: &'f [u8],
    size: usize,
    usable: usize,
}

type Row = Vec<Option<String>>;

impl<'f> File<'f> {
    fn page(&self, number: usize) -> Option<&'f [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.size)?;
        self.bytes.get(start..start.checked_add(self.size)?)
    }

    /// The rows of the table whose tree begins at page `root`.
    fn rows(&self, root: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut pages = vec![root];
        let mut seen = std::collections::HashSet::new();
        while let Some(number) = pages.pop() {
            if !seen.insert(number) || rows.len() > MOST {
                continue;
            }
            let Some(page) = self.page(number) else { continue };
            let head = if number == 1 { 100 } else { 0 };
            let word =
                |at: usize| page.get(at..at + 2).map(|two| usize::from(u16::from_be_bytes([two[0], two[1]])));
            let Some(count) = word(head + 3) else { continue };
            let leaf = match page[head] {
                0x0d => true,
                0x05 => false,
                _ => continue,
            };
            let list = head + if leaf { 8 } else { 12 };
            for cell in (0..count).filter_map(|i| word(list + 2 * i)) {
                if leaf {
                    rows.extend(self.row(page, cell));
                } else if let Some(child) = page.get(cell..cell + 4) {
                    pages.push(u32::from_be_bytes(child.try_into().unwrap_or_default()) as usize);
                }
            }
            if !leaf && let Some(last) = page.get(head + 8..head + 12) {
                pages.push(u32::from_be_bytes(last.try_into().unwrap_or_default()) as usize);
            }
        }
        rows
    }

    /// The columns of the record in a cell.
    fn row(&self, page: &[u8], cell: usize) -> Option<Row> {
        let mut at = cell;
        let length = usize::try_from(varint(page, &mut at)?).ok().filter(|&length| length <= LONGEST)?;
        varint(page, &mut at)?;
        let record = self.payload(page, at, length)?;
        let mut at = 0;
        let header = usize::try_from(varint(&record, &mut at)?).ok()?;
        let mut body = header;
        let mut row = Vec::new();
        while at < header {
            let kind = varint(&record, &mut at)?;
            let size = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind as usize,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                _ => usize::try_from((kind - 12) / 2).ok()?,
            };
            let value = record.get(body..body.checked_add(size)?)?;
            body += size;
            row.push(match kind {
                12.. => String::from_utf8(value.to_vec()).ok(),
                1..=6 => {
                    Some(value.iter().fold(0_i64, |number, &byte| number << 8 | i64::from(byte)).to_string())
                }
                8 => Some("0".to_owned()),
                9 => Some("1".to_owned()),
                _ => None,
            });
        }
        Some(row)
    }

    /// The bytes of a record, gathered from its cell and the pages it overflows to.
    fn payload(&self, page: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
        let most = self.usable - 35;
        if length <= most {
            return page.get(at..at + length).map(<[u8]>::to_vec);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let here = least + (length - least) % (self.usable - 4);
        let here = if here <= most { here } else { least };
        let mut record = page.get(at..at + here)?.to_vec();
        let mut next = page.get(at + here..at + here + 4)?;
        while record.len() < length {
            let page = self.page(u32::from_be_bytes(next.try_into().ok()?) as usize)?;
            let part = (length - record.len()).min(self.usable - 4);
            record.extend(page.get(4..4 + part)?);
            next = page.get(..4)?;
        }
        Some(record)
    }
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0_u64;
    for i in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if i == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}
