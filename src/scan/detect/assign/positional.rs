//! Secrets that are arguments by their place: `login("user", "value")`, `auth=("user", "value")`.

use crate::scan::detect::name::Named;
use crate::span::Span;

use super::{Assignment, Tie, is_name};

/// A call whose argument is a secret.
struct Call {
    /// The end of its name, letters only, in lower case.
    name: &'static str,
    /// Which argument, counted from 1.
    argument: usize,
    named: Named,
    /// How much the call says.
    tie: Tie,
}

const fn password(name: &'static str, argument: usize) -> Call {
    Call { name, argument, named: Named::Password, tie: Tie::Assign }
}

const fn secret(name: &'static str, argument: usize) -> Call {
    Call { name, argument, named: Named::Secret, tie: Tie::Assign }
}

/// Longer names stand before those that they end in.
const CALLS: &[Call] = &[
    password("setbasicauth", 2),
    password("httpbasicauth", 2),
    password("httpdigestauth", 2),
    password("httpproxyauth", 2),
    password("basicauth", 2),
    password("digestauth", 2),
    password("plainauth", 3),
    password("passwordauthentication", 2),
    password("usernamepasswordauthenticationtoken", 2),
    password("usernamepasswordcredentials", 2),
    password("usernamepasswordcredential", 2),
    password("passwordcredentials", 2),
    password("networkcredential", 2),
    password("plaincredentials", 2),
    password("authpassword", 3),
    password("mysqlrealconnect", 4),
    secret("staticcredentials", 2),
    secret("secretkeyspec", 1),
    secret("authenticationheadervalue", 2),
    secret("awscredentials", 2),
    secret("basiccredentials", 2),
    secret("jwtsign", 2),
    secret("jwtencode", 2),
    secret("jwtverify", 2),
    secret("jwtdecode", 2),
    password("mysqliconnect", 3),
    password("mysqlconnect", 3),
    password("mysqlpconnect", 3),
    password("mysqldbconnect", 3),
    password("dbiconnect", 3),
    password("mysqli", 3),
    password("getconnection", 3),
    password("pdo", 3),
    password("createuser", 3),
    password("createsuperuser", 3),
    password("ftplogin", 3),
    Call { name: "login", argument: 2, named: Named::Password, tie: Tie::Call },
];

/// How far a call reaches, in bytes, how many arguments are looked at, and how deep brackets are nested in them: a call
/// in a call in a call would be read again from each of them.
const REACH: usize = 400;
const ARGUMENTS: usize = 4;
const DEPTH: usize = 8;

/// The secret among the arguments of the call of `name`, behind which the parenthesis stands.
pub(crate) fn call(text: &[u8], name: Span) -> Option<Assignment> {
    let call = CALLS.iter().find(|call| ends_in(&text[name.range()], call.name))?;
    let arguments = Arguments::read(text, name.end + 1);
    let value = arguments.strings[call.argument - 1]?;
    // `login(driver, "user", "value")`: some other call of that name
    if call.tie == Tie::Call && arguments.count != call.argument {
        return None;
    }
    let user_too = arguments.strings[0].is_some_and(|user| user.len() >= 3);
    let tie = if call.tie == Tie::Call && user_too { Tie::Setter } else { call.tie };
    Some(Assignment { name, value, quoted: true, tie, place: Some(call.named) })
}

/// The second of the pair of strings at `at` that is assigned to an `auth` or `credentials`.
pub(crate) fn pair(text: &[u8], name: Span, at: usize) -> Option<Assignment> {
    if !matches!(text.get(at), Some(b'(' | b'[')) {
        return None;
    }
    const NAMES: [&str; 6] = ["auth", "credentials", "creds", "cred", "basicauth", "httpauth"];
    let is = |end: &&str| {
        let name = &text[name.range()];
        // `oauth` ends in `auth` and is another word
        let before = name.len().checked_sub(end.len() + 1).map_or(b'_', |at| name[at]);
        ends_in(name, end) && !before.is_ascii_lowercase()
    };
    if !NAMES.iter().any(is) {
        return None;
    }
    let arguments = Arguments::read(text, at + 1);
    let value = arguments.strings[1].filter(|_| arguments.count == 2)?;
    Some(Assignment { name, value, quoted: true, tie: Tie::Assign, place: Some(Named::Password) })
}

/// Whether `name` without its signs ends in `end`, in any case.
fn ends_in(name: &[u8], end: &str) -> bool {
    let mut letters = name.iter().rev().filter(|byte| byte.is_ascii_alphanumeric());
    end.bytes().rev().all(|byte| letters.next().is_some_and(|letter| letter.to_ascii_lowercase() == byte))
}

/// Arguments of a call: the literals among them.
#[derive(Default)]
struct Arguments {
    strings: [Option<Span>; ARGUMENTS],
    /// How many there are.
    count: usize,
}

impl Arguments {
    /// Reads the arguments from `at` on. Gives up at named ones, and at what it cannot read.
    fn read(text: &[u8], at: usize) -> Self {
        let mut arguments = Self::default();
        let text = &text[..text.len().min(at + REACH)];
        let mut at = at;
        while arguments.count < ARGUMENTS {
            at += text[at.min(text.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let Some((end, string)) = argument(text, at) else { break };
            arguments.strings[arguments.count] = string;
            arguments.count += 1;
            match text.get(end) {
                Some(b',') => at = end + 1,
                _ => break,
            }
        }
        arguments
    }
}

/// The end of the argument at `at`, and what stands between its quotes if it is one string.
fn argument(text: &[u8], at: usize) -> Option<(usize, Option<Span>)> {
    let prefix = text.get(at..)?.iter().take(2).take_while(|byte| b"bBrRuUN@$".contains(byte)).count();
    let mut end = at;
    let mut string = None;
    if let Some(quote @ (b'"' | b'\'' | b'`')) = text.get(at + prefix) {
        end = closing(text, at + prefix + 1, *quote)?;
        string = Some(Span::new(at + prefix + 1, end));
        end += 1;
    }
    let tail = end;
    let mut depth = 0_usize;
    loop {
        match *text.get(end)? {
            b',' | b')' | b']' | b'}' if depth == 0 => break,
            b'(' | b'[' | b'{' if depth == DEPTH => return None,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            quote @ (b'"' | b'\'' | b'`') => end = closing(text, end + 1, quote)?,
            b';' => return None,
            // `user = "x"`, `user: "x"`: arguments by name
            b'=' | b':' if depth == 0 && text.get(end + 1) != Some(&b':') && text[end - 1] != b':' => {
                return None;
            }
            _ => {}
        }
        end += 1;
    }
    // `"value".toCharArray()` is the value, `"a" + b` is not
    let rest = text[tail..end].trim_ascii();
    let method =
        rest.starts_with(b".") && rest.iter().all(|&byte| is_name(byte) || matches!(byte, b'(' | b')'));
    Some((end, string.filter(|_| rest.is_empty() || method)))
}

fn closing(text: &[u8], start: usize, quote: u8) -> Option<usize> {
    let mut at = start;
    loop {
        match *text.get(at)? {
            b'\n' => return None,
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let open = text.find('(').expect("the text has a call");
        let name = super::super::name_around(text.as_bytes(), Span::new(open - 1, open));
        let found = call(text.as_bytes(), name).map(|found| &text[found.value.range()]);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn secrets_by_their_place() {
        for text in [
            r#"req.SetBasicAuth("me", "v4lue")"#,
            r#"smtp.PlainAuth("", from, "v4lue", host)"#,
            r#"mysqli_connect('localhost', 'me', 'v4lue', 'db')"#,
            r#"new PDO("mysql:host=$h;dbname=x", $user, 'v4lue')"#,
            r#"DriverManager.getConnection(url(a, "b"), "me", "v4lue")"#,
            r#"new PasswordAuthentication("me", "v4lue".toCharArray())"#,
            "User.objects.create_user(\n    'me',\n    'me@x.net',\n    'v4lue')",
            r#"server.login(ADDRESS, "v4lue")"#,
            r#"jwt.sign({ id: user.id, a: [1, 2] }, 'v4lue', { expiresIn: 1 })"#,
        ] {
            check(text, Some("v4lue"));
        }
    }

    #[test]
    fn other_arguments() {
        for text in [
            r#"req.SetBasicAuth(user, password)"#,
            r#"mysqli_connect("localhost", "me", $password)"#,
            r#"login(driver, "me", "v4lue")"#,
            r#"login(user="me", secret="v4lue")"#,
            r#"login("me", "v4lue" + suffix)"#,
            r#"connect("clicked", "me", "v4lue")"#,
            "login(\"me\", \"v4lue",
            "login(",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn pairs() {
        for text in [r#"auth=("me", "v4lue")"#, r#"auth: ["me", 'v4lue']"#] {
            let at = text.find(['(', '[']).unwrap();
            let found = pair(text.as_bytes(), Span::new(0, 4), at).map(|found| &text[found.value.range()]);
            assert_eq!(found, Some("v4lue"), "{text}");
        }
        assert!(pair(br#"auth=("me", password)"#, Span::new(0, 4), 5).is_none());
        assert!(pair(br#"keys=("me", "v4lue")"#, Span::new(0, 4), 5).is_none());
    }
}
