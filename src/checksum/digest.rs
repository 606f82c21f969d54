//! Checksums that are a piece of a SHA-256.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use sha2::{Digest, Sha256};

/// `github_pat_`, 22 characters, an underscore and the first 43 of the tail.
const GITHUB_HEAD: usize = 11 + 22 + 1 + 43;
/// The whole of it: the tail has 59 characters.
const GITHUB_LEN: usize = 11 + 22 + 1 + 59;

/// The reference that Supabase's self-hosting scripts use.
pub(super) const SELF_HOSTED: &[u8] = b"supabase-self-hosted";

pub(super) fn github(head: &[u8]) -> Option<[u8; 8]> {
    if head.len() != GITHUB_HEAD {
        return None;
    }
    // Five bytes are eight base32 digits.
    let digest = Sha256::digest(head);
    let mut text = [0; 8];
    BASE32_NOPAD.encode_mut(&digest[..5], &mut text);
    Some(text)
}

pub(super) fn verify_github(token: &[u8]) -> bool {
    token.len() == GITHUB_LEN && super::ends_with(&token[..GITHUB_HEAD + 8], github)
}

pub(super) fn supabase(head: &[u8], project: &[u8]) -> Option<[u8; 8]> {
    let head = head.strip_suffix(b"_")?;
    let digest = Sha256::new().chain_update(project).chain_update(b"|").chain_update(head).finalize();
    // Six bytes are eight base64 digits.
    let mut text = [0; 8];
    BASE64URL_NOPAD.encode_mut(&digest[..6], &mut text);
    Some(text)
}

/// Whether the Supabase key `token` belongs to one of `projects`, given by their references: the 20 letters before
/// `.supabase.co` in the project's URL, or `supabase-self-hosted`. One SHA-256 for each.
pub fn supabase_matches<'r>(token: &[u8], projects: impl IntoIterator<Item = &'r [u8]>) -> bool {
    projects.into_iter().any(|project| super::ends_with(token, |head| supabase(head, project)))
}
