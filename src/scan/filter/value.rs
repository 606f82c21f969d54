//! What a value is when it is no secret: a reference to one, a placeholder for one, something with a structure of
//! its own. Each filter answers with its reason, and never with the value.

use crate::finding::Reason;

use super::randomness::{Profile, profile};
use super::words::*;

/// The reason a filter gives.
fn because(filter: &'static str, text: &str) -> Option<Reason> {
    Some(Reason { filter, text: text.to_owned() })
}

/// Whether `haystack` holds `needle`, letters in lower case.
fn contains(haystack: &[u8], needle: &str) -> bool {
    memchr::memmem::find(haystack, needle.as_bytes()).is_some()
}

/// A value in the forms that the filters ask for, made once.
pub(crate) struct Value<'v> {
    /// The bytes.
    pub bytes: &'v [u8],
    /// In lower case.
    pub lower: Vec<u8>,
    /// What it is made of.
    pub profile: Profile,
}

impl<'v> Value<'v> {
    /// Prepares a value.
    pub(crate) fn new(bytes: &'v [u8]) -> Self {
        Self { bytes, lower: bytes.to_ascii_lowercase(), profile: profile(bytes) }
    }

    fn lower_text(&self) -> &str {
        std::str::from_utf8(&self.lower).unwrap_or("")
    }

    /// Points to where a secret is kept, or is code that yields one.
    pub(crate) fn reference(&self) -> Option<Reason> {
        let text = self.lower_text();
        if VALUES_REFERENCE_START.iter().any(|start| text.starts_with(start)) {
            // `$2b$…` and `$argon2` are hashes, `$ecret` may be a password
            let sign = self.bytes[0] == b'$'
                && !self.bytes[1..]
                    .first()
                    .is_some_and(|&b| b == b'{' || b == b'(' || b == b'_' || b.is_ascii_uppercase());
            let name = self.bytes[1..].iter().all(|&b| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'-' | b'>' | b'.' | b':' | b'[' | b']' | b'\'')
            });
            let ampersand = self.bytes[0] == b'&' && !name;
            let port = name && self.profile.digits == 1 && self.profile.wordiness > 0.3;
            let chosen = sign && !port && (!name || self.profile.digits > 0);
            if !chosen && !ampersand {
                return because("reference", "it points to a variable, a file or a secret store");
            }
        }
        const TEMPLATES: [&str; 2] = ["...", "0x%"];
        // these turn up in generated values by accident
        const MAYBE: [&str; 15] =
            ["%s", "%d", "%v", "%x", "%0", "%l", "%-", "{}", "{0}", "{1}", "%{", "(?", "\\w", "\\d", "[^"];
        let generated = self.profile.length >= 12 && self.profile.randomness() > 0.4;
        let holds_any = |parts: &[&str]| parts.iter().any(|part| contains(&self.lower, part));
        let formats =
            self.bytes.windows(2).filter(|two| two[0] == b'%' && b"sdvxlu0".contains(&two[1])).count();
        if holds_any(&TEMPLATES)
            || is_template(self.bytes)
            || formats >= 2
            || (!generated && holds_any(&MAYBE))
        {
            return because("reference", "it is a template or a pattern to be filled in");
        }
        let (first, last) = (self.bytes[0], self.bytes[self.bytes.len() - 1]);
        if matches!(
            (first, last),
            (b'<', b'>') | (b'[', b']') | (b'{', b'}') | (b'%', b'%') | (b'@', b'@') | (b'(', b')')
        ) || (text.starts_with("__") && text.ends_with("__"))
        {
            return because("reference", "it is a template to be filled in");
        }
        // `rgba(255,231,130,0.4)`
        if let Some(open) = memchr::memchr(b'(', self.bytes)
            && last == b')'
            && self.bytes[..open].iter().all(u8::is_ascii_alphabetic)
            && self.bytes[open + 1..].iter().all(|&b| b.is_ascii_digit() || b" .,%)".contains(&b))
        {
            return because("reference", "it is a call");
        }
        if let Some(reason) = self.code() {
            return Some(reason);
        }
        // `[[:alpha:]]`, `Jobs[-1].JobId`
        if text.starts_with("[[:") || contains(self.bytes, "[-1]") || contains(self.bytes, "].") && !generated
        {
            return because("reference", "it is a pattern or a place in a structure");
        }
        if let Some(open) = memchr::memchr(b'(', self.bytes).filter(|_| !generated) {
            let called = &self.bytes[..open];
            let is_name = !called.is_empty()
                && called
                    .iter()
                    .all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$'));
            if is_name && profile(called).randomness() < 0.3 && last == b')'
                || is_name && last == b'('
                || is_name && self.bytes[open + 1..].iter().any(|&b| b == b'"' || b == b'\'' || b == b',')
            {
                return because("reference", "it is a call");
            }
        }
        if contains(self.bytes, "->") && self.profile.randomness() < 0.0
            || contains(self.bytes, "::") && self.profile.randomness() < 0.0
        {
            return because("reference", "it is a name in code");
        }
        if contains(self.bytes, "://") {
            return because("reference", "it is an address");
        }
        let drive = matches!(self.bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
        let path = text.starts_with("./")
            || text.starts_with("../")
            || text.starts_with("~/")
            || drive
            || (text.starts_with('/')
                && text[1..].contains('/')
                && (self.profile.randomness() < 0.2 || self.profile.wordiness > -0.5));
        const FILES: [&str; 34] = [
            ".pem", ".key", ".json", ".txt", ".yml", ".yaml", ".env", ".php", ".html", ".cfg", ".ini",
            ".crt", ".p12", ".jks", ".o", ".c", ".h", ".so", ".py", ".js", ".rb", ".sh", ".conf", ".xml",
            ".log", ".pub", ".cer", ".der", ".pfx", ".asc", ".lo", ".la", ".png", ".svg",
        ];
        if path
            || ((self.profile.randomness() < 0.3 || contains(self.bytes, "/"))
                && FILES.iter().any(|end| text.ends_with(end)))
        {
            return because("reference", "it is a path");
        }
        None
    }

    /// Is a piece of code, as strings in scripts that make scripts are, or a pattern.
    fn code(&self) -> Option<Reason> {
        let text = self.lower_text();
        const OPERATORS: [&str; 6] = ["===", "!==", "?.", "&&", "=>", "\"+"];
        const STARTS: [&str; 11] =
            ["'+", "\"+", "+", ".$", ")", ",", "&amp;", "&lt;", "&quot;", "\\\"+", "?"];
        // what follows a string that a quote has ended
        let closes = matches!(
            self.bytes,
            [b')' | b']' | b'}', b',' | b';' | b')' | b']' | b'}' | b'.' | b'?' | b':', ..]
        );
        if closes {
            return because("reference", "it is a piece of code");
        }
        const CLASSES: [&str; 5] = ["[a-", "[^", "a-z0-9", "[0-9", "a-za-z"];
        if OPERATORS.iter().any(|part| text.contains(part)) && self.bytes.iter().any(u8::is_ascii_alphabetic)
        {
            let words = self.bytes.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| word.len() >= 3);
            if words.clone().count() >= 2 && words.clone().any(|word| profile(word).wordiness > 0.0) {
                return because("reference", "it is a piece of code");
            }
        }
        let rest_is_name =
            || self.bytes[1..].iter().all(|b| b.is_ascii_alphanumeric() || b"_.$[]()'\"+".contains(b));
        if STARTS.iter().any(|start| text.starts_with(start))
            && (self.profile.randomness() < 0.2 || text.len() < 3)
            && rest_is_name()
            || text.starts_with("'+")
            || text.starts_with("\"+")
            || text.starts_with("&amp;")
        {
            return because("reference", "it is a piece of code");
        }
        if CLASSES.iter().any(|class| contains(&self.lower, class)) && self.bytes.contains(&b'[') {
            return because("reference", "it is a template or a pattern to be filled in");
        }
        // `items[1].name`
        let index = self
            .bytes
            .windows(3)
            .any(|three| three[0] == b'[' && three[1].is_ascii_digit() && three[2] == b']');
        if index && self.bytes.first().is_some_and(u8::is_ascii_alphabetic) {
            return because("reference", "it is a pattern or a place in a structure");
        }
        // `keyword.tag-$1`, `$dir$word`
        let dollars = self
            .bytes
            .windows(2)
            .filter(|two| two[0] == b'$' && (two[1].is_ascii_alphanumeric() || two[1] == b'_'));
        let count = dollars.count();
        if count > 0 && self.bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"$_.-/".contains(b)) {
            let dollar = memchr::memchr(b'$', self.bytes).unwrap_or(0);
            let head = profile(&self.bytes[..dollar]);
            if count >= 2
                || dollar > 3 && head.digits == 0 && head.wordiness > 0.0 && self.bytes.contains(&b'.')
            {
                return because("reference", "it points to a variable, a file or a secret store");
            }
        }
        None
    }

    /// Stands for a secret that is not there.
    pub(crate) fn placeholder(&self, name: &[u8]) -> Option<Reason> {
        // Spring names the encoding of a password before it
        let core: &[u8] = self.lower.strip_prefix(b"{noop}").unwrap_or(&self.lower);
        let core: &[u8] = trim_signs(core);
        let text = std::str::from_utf8(core).unwrap_or("");
        if core.is_empty() {
            return because("placeholder", "it is made of signs only");
        }
        if holds(&VALUES_PLACEHOLDER, text) {
            return because("placeholder", "it is a word that stands for a secret");
        }
        if let Some(part) = VALUES_PLACEHOLDER_PART.iter().find(|part| contains(&self.lower, part)) {
            return because("placeholder", &format!("it holds \"{part}\", as made-up values do"));
        }
        let name = name.to_ascii_lowercase();
        let squeezed =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(u8::is_ascii_alphanumeric).collect() };
        let (value, named) = (squeezed(core), squeezed(&name));
        if value.len() >= 3
            && (named == value
                || (self.profile.digits == 0 && (named.ends_with(&value) || named.starts_with(&value))))
        {
            return because("placeholder", "it repeats its name");
        }
        // `password1`, `secret123`, `token_2`, `key-1234`: the word for it and a number
        let letters: Vec<u8> = value.iter().copied().take_while(u8::is_ascii_alphabetic).collect();
        let rest = &value[letters.len()..];
        if !letters.is_empty()
            && rest.iter().all(u8::is_ascii_digit)
            && rest.len() <= 4
            && core.len() <= value.len() + 1
        {
            let word = std::str::from_utf8(&letters).unwrap_or("");
            if holds(&VALUES_PLACEHOLDER, word)
                && (rest.len() <= 1
                    || !matches!(word, "password" | "passwd" | "pass" | "pwd" | "test" | "guest" | "tiger"))
            {
                return because("placeholder", "it is a word that stands for a secret, and a number");
            }
        }
        self.filler()
    }

    /// Repeats itself or counts up.
    pub(crate) fn filler(&self) -> Option<Reason> {
        let bytes = &self.lower;
        let distinct = self.profile.distinct;
        if distinct <= 2 || (bytes.len() >= 16 && distinct <= 4) || (bytes.len() >= 32 && distinct <= 6) {
            return because("filler", "it repeats a few characters");
        }
        // a unit of up to 12 bytes over and over
        if bytes.len() >= 12 {
            for unit in 1..=bytes.len().min(24) / 2 {
                if bytes.len() >= 2 * unit && bytes[unit..].iter().zip(bytes.iter()).all(|(a, b)| a == b) {
                    return because("filler", "it repeats a part of itself");
                }
            }
        }
        let steps =
            |step: i16| bytes.windows(2).filter(|two| i16::from(two[1]) - i16::from(two[0]) == step).count();
        if bytes.len() >= 8 && (steps(1).max(steps(-1)) + 1) * 10 >= bytes.len() * 6 {
            return because("filler", "it counts up or down");
        }
        // `000102030405…`: bytes that count
        let pairs: Vec<Option<u8>> = bytes
            .chunks_exact(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        let counting =
            pairs.windows(2).filter(|two| matches!(two, [Some(a), Some(b)] if a.wrapping_add(1) == *b));
        if pairs.len() >= 8 && counting.count() * 10 >= (pairs.len() - 1) * 7 {
            return because("filler", "its bytes count up");
        }
        const WALKS: [&str; 4] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t"];
        if bytes.len() >= 12 && WALKS.iter().any(|walk| contains(bytes, walk)) {
            return because("filler", "it follows the keyboard");
        }
        None
    }

    /// Has a structure that secrets do not have.
    pub(crate) fn structure(&self) -> Option<Reason> {
        let text = self.lower_text();
        if is_uuid(self.bytes) {
            return because("uuid", "it is a UUID");
        }
        if let Some(at) = text.find('@') {
            let (user, host) = (&text[..at], &text[at + 1..]);
            let plain = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
            };
            let top = host.rsplit('.').next().unwrap_or("");
            if plain(user)
                && plain(host)
                && host.contains('.')
                && top.len() >= 2
                && top.bytes().all(|b| b.is_ascii_lowercase())
            {
                return because("structure", "it is a mail address");
            }
        }
        // `required|min:6|confirmed`
        if text.split('|').count() >= 2
            && text.split('|').all(|part| {
                part.len() >= 3
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":_,".contains(&b))
            })
        {
            return because("structure", "it is a list of rules");
        }
        if contains(&self.lower, "publickey") || contains(&self.lower, "public_key") {
            return because("name", "it reads as a name or as words");
        }
        if self.bytes.windows(2).filter(|two| two == b"\\0").count() >= 2 {
            return because("structure", "it is escaped bytes");
        }
        const PUBLIC: [&str; 12] = [
            "ssh-rsa",
            "ssh-ed25519",
            "ssh-dss",
            "ecdsa-sha2",
            "-----begin",
            "miibija",
            "age1",
            "{ssha}",
            "{sha}",
            "pbkdf2",
            "sha256:",
            "$argon2",
        ];
        if PUBLIC.iter().any(|start| text.starts_with(start)) {
            return because("structure", "it is a public key or a hash");
        }
        // what pictures, fonts, archives and programs begin with, in base64
        const MEDIA: [&str; 10] = [
            "iVBORw0KGgo",
            "/9j/4",
            "R0lGOD",
            "AGFzbQ",
            "d09GM",
            "d09GR",
            "JVBERi",
            "H4sI",
            "UEsDB",
            "PHN2Zy",
        ];
        if self.bytes.len() >= 40 && MEDIA.iter().any(|start| self.bytes.starts_with(start.as_bytes())) {
            return because("structure", "it is a picture, a font, an archive or a program in base64");
        }
        if self.bytes.windows(2).filter(|two| two == b"\\x").count() >= 2 {
            return because("structure", "it is escaped bytes");
        }
        let date = |bytes: &[u8]| {
            bytes
                .iter()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
        };
        if self.bytes.len() >= 10
            && date(&self.bytes[..10])
            && (self.bytes.len() == 10 || matches!(self.bytes[10], b'T' | b't'))
        {
            return because("structure", "it is a date");
        }
        // an uncompressed point of P-256, as browsers take keys of push services
        if self.bytes.len() == 87
            && self.bytes[0] == b'B'
            && self.bytes.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return because("structure", "it is a public key or a hash");
        }
        if is_drawing(self.bytes) {
            return because("structure", "it is the path of a drawing");
        }
        // an account or a contract on a chain
        if text.len() == 42
            && text.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return because("structure", "it is a public address");
        }
        if is_algorithm(text) || contains(&self.lower, "-hmac-") {
            return because("structure", "it names an algorithm");
        }
        if contains(&self.lower, "aws4_request") || contains(&self.lower, "aws4-hmac") {
            return because("structure", "it is a part of a signed request");
        }
        if text.len() <= 18
            && text.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return because("structure", "it is a number");
        }
        const INTEGRITY: [&str; 5] = ["sha1-", "sha256-", "sha384-", "sha512-", "md5-"];
        if INTEGRITY.iter().any(|start| text.starts_with(start)) {
            return because("structure", "it is an integrity hash");
        }
        // numbers, versions, dates, addresses, lists of numbers
        if self.profile.letters == 0
            && self.profile.signs > 0
            && text.bytes().all(|b| b.is_ascii_digit() || b".:-/,+ %".contains(&b))
        {
            return because("structure", "it is a number, a date, a version or an address");
        }
        if text.bytes().filter(|&b| b == b'/').count() == 1
            && ["application/", "text/", "image/", "audio/", "video/", "multipart/"]
                .iter()
                .any(|start| text.starts_with(start))
        {
            return because("structure", "it is a media type");
        }
        // `camelCase`, `snake_case`, `UPPER_CASE`, `dotted.names`, `kebab-case`, file names
        if self.is_name() {
            return because("name", "it reads as a name or as words");
        }
        None
    }

    /// Whether at least two words stand in it, joined by signs or humps, however random the rest looks:
    /// `has_crypto_scalarmult_ed25519`.
    pub(crate) fn holds_words(&self) -> bool {
        let mut words = 0;
        let mut start = 0;
        for at in 1..=self.bytes.len() {
            let ends = match self.bytes.get(at) {
                None => true,
                Some(byte) => {
                    !byte.is_ascii_alphabetic()
                        || byte.is_ascii_uppercase() && self.bytes[at - 1].is_ascii_lowercase()
                }
            };
            if ends {
                let part = &self.bytes[start..at];
                let part = part.strip_prefix(b"_").unwrap_or(part);
                let letters = part.iter().skip_while(|byte| !byte.is_ascii_alphabetic()).count();
                let part = &part[part.len() - letters..];
                words += usize::from(part.len() >= 4 && profile(part).wordiness > 0.0);
                start = at;
            }
        }
        words >= 2
    }

    /// Whether it is an identifier or words, not something generated.
    pub(crate) fn is_name(&self) -> bool {
        let joined = |b: u8| {
            b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'_' | b'-'
                        | b'.'
                        | b':'
                        | b'/'
                        | b'$'
                        | b'['
                        | b']'
                        | b'>'
                        | b'<'
                        | b'?'
                        | b','
                        | b'|'
                        | b'='
                        | b'\''
                        | b'"'
                        | b' '
                        | b'*'
                        | b'+'
                        | b';'
                )
        };
        let p = &self.profile;
        let parts = self.bytes.split(|b| !b.is_ascii_alphabetic()).filter(|part| !part.is_empty()).count();
        let humps = self
            .bytes
            .windows(2)
            .filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase())
            .count();
        let capitals = p.upper && !p.lower && self.bytes.contains(&b'_') && p.wordiness > -0.6;
        self.bytes.iter().all(|&b| joined(b))
            && p.letters > 0
            && ((p.reads_as_words() && (parts > 1 || humps > 0)) || (capitals && p.digits * 4 <= p.length))
    }
}

/// Whether `text` is made of the names of ciphers, hashes and their parameters: `ecdh-aes-256-ctr`.
fn is_algorithm(text: &str) -> bool {
    const PARTS: [&str; 44] = [
        "aes", "cbc", "cfb", "ctr", "gcm", "ccm", "ecb", "ofb", "xts", "des", "ede", "rsa", "dsa", "dss",
        "ecdsa", "ecdh", "ecdhe", "dh", "dhe", "ed", "x", "sha", "md", "hmac", "umac", "etm", "openssh",
        "com", "nistp", "prime", "v", "secp", "r", "k", "curve", "chacha", "poly", "pkcs", "pss", "oaep",
        "ssh", "with", "p", "rc",
    ];
    let mut named = false;
    let mut parts = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|part| !part.is_empty());
    let all = parts.all(|part| {
        named |= part.len() >= 3;
        PARTS.contains(&part)
    });
    all && named && text.len() >= 4
}

/// Whether a name to be filled in stands in `bytes`: `${NAME}`, `{{ name }}`, `<%= name %>`, `%(name)s`; or one of which
/// a quote cut off the end or the beginning. Passwords may hold such signs with anything between them.
fn is_template(bytes: &[u8]) -> bool {
    const MARKS: [(&[u8], &[u8]); 6] =
        [(b"${", b"}"), (b"#{", b"}"), (b"{{", b"}}"), (b"<%", b"%>"), (b"$(", b")"), (b"%(", b")")];
    let name = |bytes: &[u8]| {
        bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"_-.:/\\[]()'\"|$=+?!, ".contains(&byte))
    };
    let opened = MARKS.iter().any(|(open, close)| {
        memchr::memmem::find_iter(bytes, open).any(|at| {
            let inside = &bytes[at + open.len()..];
            name(&inside[..memchr::memmem::find(inside, close).unwrap_or(inside.len())])
        })
    });
    let closed = memchr::memmem::find(bytes, b"}}").filter(|_| !bytes.contains(&b'{'));
    opened || closed.is_some_and(|at| name(&bytes[..at]))
}

/// Whether `bytes` are the path of a drawing, as SVG writes it: `M12 17a2 2 0 0 0 2-2z`.
fn is_drawing(bytes: &[u8]) -> bool {
    let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b',' | b' ');
    matches!(bytes, [b'M' | b'm', second, ..] if number(*second))
        && bytes.len() >= 12
        && bytes.iter().all(|&byte| number(byte) || b"MmLlHhVvCcSsQqTtAaZz".contains(&byte))
        && bytes.iter().filter(|&&byte| !byte.is_ascii_alphanumeric()).count() >= 4
}

/// Whether `bytes` are a UUID in its usual form, perhaps in braces.
pub(crate) fn is_uuid(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"{").and_then(|bytes| bytes.strip_suffix(b"}")).unwrap_or(bytes);
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn trim_signs(bytes: &[u8]) -> &[u8] {
    let sign = |byte: &u8| !byte.is_ascii_alphanumeric();
    let start = bytes.iter().take_while(|byte| sign(byte)).count();
    let end = bytes.len() - bytes[start..].iter().rev().take_while(|byte| sign(byte)).count();
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(value: &str, name: &str) -> Option<&'static str> {
        let value = Value::new(value.as_bytes());
        let reason =
            value.reference().or_else(|| value.placeholder(name.as_bytes())).or_else(|| value.structure());
        reason.map(|reason| reason.filter)
    }

    #[test]
    fn values_that_are_no_secrets() {
        for (value, expected) in [
            ("${DB_PASSWORD}", "reference"),
            ("$DB_PASSWORD", "reference"),
            ("{{ vault_password }}", "reference"),
            ("process.env.TOKEN", "reference"),
            ("prefix-${NAME}-suffix", "reference"),
            ("{{ .Values.password }}", "reference"),
            ("M12 17a2 2 0 0 0 2-2", "structure"),
            ("op://vault/item/field", "reference"),
            ("<your-token>", "reference"),
            ("%(password)s", "reference"),
            ("/etc/ssl/private.key", "reference"),
            ("getToken()", "reference"),
            ("changeme", "placeholder"),
            ("password", "placeholder"),
            ("your_api_key", "placeholder"),
            ("xxxxxxxxxxxx", "placeholder"),
            ("********", "placeholder"),
            ("abcdefgh12345678", "filler"),
            ("abcabcabcabcabc", "filler"),
            ("me@mail.org", "structure"),
            ("2024-01-01", "structure"),
            ("user_access_token", "name"),
            ("DB_PASSWORD_PROD", "name"),
            ("someCamelCaseName", "name"),
            ("app.security.token", "name"),
        ] {
            assert_eq!(filter(value, "password"), Some(expected), "{value}");
        }
        assert_eq!(filter("dbpassword", "db_password"), Some("placeholder"));
        assert_eq!(filter("9c5d2e71-4b0a-4f38-a6d1-7e02c8b3f594", "id"), Some("uuid"));
    }

    #[test]
    fn values_that_may_be_secrets() {
        for value in [
            "hunter2",
            "P@ssw0rd!",
            "Tr0ub4dor&3",
            "s3cr3tP4ss",
            "$ecret99",
            "kJ8d-2mQp_xZ7",
            "letmein99",
            "p4$$w(rd",
            "m{{h}o)p${e]nob(ody[finds>-_$#th1sone}}",
        ] {
            assert_eq!(filter(value, "password"), None, "{value}");
        }
    }
}
