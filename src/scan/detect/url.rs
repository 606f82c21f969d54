//! User info in URLs: `scheme://user:password@host`.

use crate::finding::Confidence;
use crate::scan::filter::value::Value;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::header::judge_pair;
use super::{Context, reason};

/// The longest user info that is looked at, in bytes.
const LONGEST: usize = 512;

/// The password before the `@` of the URL whose `://` begins at `at`.
pub(crate) fn detect(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = context.text;
    let start = at + 3;
    let scheme = text[..at]
        .iter()
        .rev()
        .take(24)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        .count();
    if scheme < 2 {
        return None;
    }
    let scheme = &text[at - scheme..at];
    let rest = &text[start..text.len().min(start + LONGEST)];
    // the authority ends where a path begins; an unescaped `/` in a password is met often enough in database URLs
    let stop = rest.iter().position(|&byte| {
        byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\') || byte == 0x7F
    });
    let whole = &rest[..stop.unwrap_or(rest.len())];
    let authority =
        &whole[..whole.iter().position(|&byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(whole.len())];
    let sign = match memchr::memrchr(b'@', authority) {
        Some(sign) => sign,
        None => past_signs(whole)?,
    };
    let (info, host) = (&whole[..sign], &whole[sign + 1..]);
    let host = &host[..host
        .iter()
        .position(|&byte| matches!(byte, b'/' | b'?' | b'#' | b',' | b')' | b';'))
        .unwrap_or(host.len())];
    if host.is_empty()
        || !host[0].is_ascii_alphanumeric()
            && !matches!(host[0], b'[' | b'$' | b'{' | b'%' | b'<' | b'_' | b'(')
    {
        return None;
    }
    let (user, secret) = match memchr::memchr(b':', info) {
        Some(colon) => (&info[..colon], Span::new(start + colon + 1, start + sign)),
        None => (&b""[..], Span::new(start, start + sign)),
    };
    let password = &text[secret.range()];
    if password.is_empty() || is_ssh(scheme) && user.is_empty() {
        return None;
    }
    let verdict = if user.is_empty() && memchr::memchr(b':', info).is_none() {
        // other schemes keep public keys there
        if !scheme.to_ascii_lowercase().windows(4).any(|part| matches!(part, b"http" | b"+git"))
            && !scheme.eq_ignore_ascii_case(b"git")
        {
            return None;
        }
        lone_token(password)?
    } else {
        judge(context, user, password, host)
    };
    Some(Match::placed("url-userinfo", secret, Rank::Placed, verdict))
}

/// The password of `user:password@tcp(host)`, whose `@` is at `at`.
pub(crate) fn dsn(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = context.text;
    let floor = at.saturating_sub(LONGEST / 4);
    let before = &text[floor..at];
    let start = before
        .iter()
        .rposition(|&byte| byte <= b' ' || matches!(byte, b'"' | b'\'' | b'`' | b'='))
        .map_or(0, |stop| stop + 1);
    let colon = memchr::memchr(b':', &before[start..])?;
    let user = &before[start..start + colon];
    let secret = Span::new(floor + start + colon + 1, at);
    if user.is_empty() || secret.is_empty() || context.binary() {
        return None;
    }
    let verdict = judge_pair(context, user, &text[secret.range()]);
    Some(Match::placed("url-userinfo", secret, Rank::Placed, verdict))
}

/// The last `@` in a URL whose password holds unescaped `/`, `?` or `#`: only where user and colon come before those
/// and a host follows.
fn past_signs(whole: &[u8]) -> Option<usize> {
    let first = whole.iter().position(|&byte| matches!(byte, b'/' | b'?' | b'#'))?;
    let colon = memchr::memchr(b':', &whole[..first])?;
    let sign = memchr::memrchr(b'@', &whole[first..])? + first;
    // `host:8080/path@x` has digits after the colon
    let port = whole[colon + 1..first].iter().all(u8::is_ascii_digit);
    let user_plain =
        whole[..colon].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    (!port && user_plain && sign - first < 64).then_some(sign)
}

fn is_ssh(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"ssh") || scheme.ends_with(b"+ssh")
}

/// `https://TOKEN@host`.
fn lone_token(token: &[u8]) -> Option<Verdict> {
    let value = Value::new(token);
    let p = value.profile;
    let random = !token.contains(&b'%') && p.length >= 16 && p.digits > 0 && p.randomness() > 0.3;
    (random && value.reference().is_none() && value.placeholder(b"token").is_none())
        .then_some(Verdict::Report(Confidence::Medium))
}

fn judge(context: &Context<'_>, user: &[u8], password: &[u8], host: &[u8]) -> Verdict {
    let template = |part: &[u8]| {
        part.iter().any(|byte| matches!(byte, b'$' | b'{' | b'}' | b'<' | b'>' | b'(' | b')' | b'[' | b'|'))
            || part.starts_with(b"%s")
            || part.starts_with(b"%(")
    };
    if template(user) || (template(host) && template(password)) || template(password) && !plausible(password)
    {
        return Verdict::Drop(reason("reference", "it is a template to be filled in"));
    }
    let verdict = judge_pair(context, user, password);
    let Verdict::Report(confidence) = verdict else { return verdict };
    let host = host.to_ascii_lowercase();
    let name = host.split(|&byte| byte == b':').next().unwrap_or(&host);
    const LOCAL: [&[u8]; 12] = [
        b"localhost",
        b"127.0.0.1",
        b"[",
        b"0.0.0.0",
        b"host",
        b"hostname",
        b"server",
        b"example",
        b"foo",
        b"bar",
        b"myhost",
        b"host.docker.internal",
    ];
    let made_up = name.ends_with(b".example")
        || name.starts_with(b"example.")
        || memchr::memmem::find(name, b".example.").is_some()
        || name.ends_with(b".local")
        || name.ends_with(b".localhost")
        || name.ends_with(b".test")
        || name.ends_with(b".invalid")
        || name.ends_with(b"example.com")
        || name.ends_with(b"example.org")
        || name.ends_with(b"example.net");
    // a bare name is a container or a made-up host
    let bare = !name.contains(&b'.') && !name.starts_with(b"[");
    let p = Value::new(password).profile;
    if bare && p.digits == 0 && p.wordiness > -0.6 || name.starts_with(b"some") {
        return Verdict::Report(Confidence::Low);
    }
    if made_up || LOCAL.contains(&name) {
        return Verdict::Report(Confidence::Low);
    }
    Verdict::Report(confidence)
}

/// A password may hold such signs when it has more to it than a name between braces.
fn plausible(password: &[u8]) -> bool {
    let signs = password
        .iter()
        .filter(|byte| matches!(byte, b'{' | b'}' | b'<' | b'>' | b'(' | b')' | b'[' | b']'))
        .count();
    signs == 0 && !password.starts_with(b"$") && password.len() >= 8
}
