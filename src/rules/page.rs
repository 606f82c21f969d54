//! A rule's page: everything about it, in words.

use std::fmt::Write as _;

use crate::checksum::Checksum;
use crate::sanitize;

use super::{Class, End, Route, Rule};

/// What the page tells besides the rule itself.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// `built-in`, or the place in the settings.
    pub origin: &'a str,
    /// Whether the settings disable the rule.
    pub disabled: bool,
    /// The keywords that only own rules have.
    pub own_keywords: &'a [&'static str],
}

/// The page of `rule` as text, safe for a terminal. Examples are shapes: it holds no value that looks like a secret.
pub fn page(rule: &Rule, around: Surroundings<'_>) -> String {
    let mut page = Page(String::new());
    let disabled = if around.disabled { ", disabled" } else { "" };
    page.line(0, &format!("{}: {}", rule.id, rule.title()));
    page.line(0, &format!("{}{disabled}", around.origin));
    page.line(0, "");
    page.line(
        0,
        &format!("severity {}, class {}, confidence {}", rule.severity, rule.class.as_str(), rule.confidence),
    );
    page.section("class", [class(rule.class)]);
    page.section("why it matters", [rule.why].into_iter().filter(|text| !text.is_empty()));
    page.section("how to revoke", [rule.revoke].into_iter().filter(|text| !text.is_empty()));
    page.section("how it is found", [route(rule)]);
    if !rule.pattern.is_empty() {
        page.section("pattern", [rule.pattern]);
        page.section("may be followed by", [end(rule.end)]);
    }
    let keywords: Vec<&str> = rule.keyword_texts(around.own_keywords).collect();
    if !keywords.is_empty() {
        let title = "keywords, of which one must stand before it (any case; _ - . and spaces do not count)";
        page.section(title, [keywords.join(", ")]);
    }
    page.section("validators: a mismatch makes it unlikely", validators(rule.check));
    page.section("validators: a match makes it certain", validators(rule.confirm));
    page.section("shapes it finds (see rules/README.md)", rule.shapes);
    page.section("shapes it refuses", rule.refuses);
    if rule.class != Class::Public {
        allow(&mut page, rule.id);
    }
    page.0
}

fn allow(page: &mut Page, id: &str) {
    page.section("how to allow a finding", [format!("in a comment on its line: gate:allow({id})")]);
    page.line(2, "or in .portcullis.toml:");
    page.line(4, "[[scan.allow]]");
    page.line(4, &format!("rule = [\"{id}\"]"));
    page.line(4, "path = [\"path/to/file\"]");
    page.line(4, "reason = \"why it is harmless\"");
    page.section(
        "how to switch the rule off, in .portcullis.toml",
        ["[scan]", &format!("disable = [\"{id}\"]")],
    );
}

struct Page(String);

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        let indent = if text.is_empty() { 0 } else { indent };
        _ = writeln!(self.0, "{:indent$}{}", "", sanitize::text(text));
    }

    /// A title with lines below it; nothing where there are none.
    fn section<T: AsRef<str>>(&mut self, title: &str, lines: impl IntoIterator<Item = T>) {
        for (index, text) in lines.into_iter().enumerate() {
            if index == 0 {
                self.line(0, "");
                self.line(0, title);
            }
            self.line(2, text.as_ref());
        }
    }
}

fn validators(checks: &'static [Checksum]) -> impl Iterator<Item = &'static str> {
    checks.iter().map(|check| check.name())
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Secret => "usable as it is",
        Class::Encrypted => "needs a passphrase",
        Class::Hash => "must be cracked first",
        Class::Public => "meant to be public: never reported, and no other rule takes it for a secret",
    }
}

fn end(end: End) -> &'static str {
    match end {
        End::Word => "anything but a letter, digit or underscore",
        End::Open => "anything",
        End::Strict => "anything but a letter, digit, underscore or dash",
    }
}

fn route(rule: &Rule) -> String {
    let literals = || {
        let texts: Vec<_> = rule.literals.iter().map(|literal| sanitize::utf8(literal)).collect();
        texts.join(", ")
    };
    match rule.route {
        Route::Prefix => format!("by its prefix, where a word begins: {}", literals()),
        Route::Anchor => format!("by a text it begins with, in any case: {}", literals()),
        Route::Value => "by its look: where a run of letters and digits begins that seems random".into(),
        Route::Search => "by searching the whole text for its pattern".into(),
        Route::Detector(name) => format!("by the detector \"{name}\", which reads what stands around it"),
    }
}
