//! Named validators: whether a credential carries a right checksum, or has the inner structure of its kind.
//!
//! Names, algorithms and test vectors are those of the providers; rules name a validator in `check` (a mismatch
//! drops the match) or in `confirm` (a match raises the confidence, a mismatch says nothing). Which of the two
//! suits a kind is the rule's affair: here `false` only ever means "not confirmed".

mod azure;
mod base32;
mod base58;
mod bech32;
mod bip39;
mod crc;
mod digest;
mod openpgp;
mod structure;
#[cfg(test)]
mod tests;
mod xata;

pub use azure::cask_88_tail;
pub use base58::{Base58, encode_check};
pub use bip39::mnemonic;
pub use digest::supabase_matches;
pub use structure::{aws_account_id, ed25519_pair};

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

macro_rules! checksums {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A validator that rules can name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Checksum { $($(#[$doc])* $variant),+ }

        impl Checksum {
            /// Every validator.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that rules use, such as `crc32-base62-body`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The validator of that name, for tables made at build time: an unknown name fails the build.
            pub(crate) const fn named(name: &str) -> Self {
                $(if same($name.as_bytes(), name.as_bytes()) {
                    return Self::$variant;
                })+
                panic!("there is no validator of that name")
            }
        }
    };
}

checksums! {
    /// GitHub, npm, Vercel, Polar and more: six base62 digits of the CRC-32 of the body without its prefix.
    Crc32Base62Body = "crc32-base62-body",
    /// Weights & Biases: six base62 digits of the CRC-32 of everything before them.
    Crc32Base62All = "crc32-base62-all",
    /// Apify: the same, with lower-case digits before upper-case ones.
    Crc32Base62LowerFirstAll = "crc32-base62-lower-first-all",
    /// Synapse: after the last underscore, six base62 digits of the CRC-32 of everything before it.
    Crc32Base62AllUnderscore = "crc32-base62-all-underscore",
    /// Matrix Authentication Service: the same, least significant digit first.
    Crc32Base62LsbUnderscore = "crc32-base62-lsb-underscore",
    /// Atlassian and Bitbucket: the CRC-32 of everything before it, in upper-case hex.
    Crc32HexUpperAll = "crc32-hex-upper-all",
    /// Packagist and Canva: the same in lower-case hex.
    Crc32HexAll = "crc32-hex-all",
    /// Zuplo: after the last underscore, the CRC-32 in hex of what stands between the last two.
    Crc32HexBody = "crc32-hex-body",
    /// Grafana: after the last underscore, the CRC-32 of everything before it, as hex of its little-endian bytes.
    Crc32LeHexPrefix = "crc32-le-hex-prefix",
    /// Confluent: six base64 characters of the little-endian CRC-32 of what follows `cflt`.
    Crc32LeBase64Six = "crc32-le-base64-6",
    /// Xata: 20 bytes and their CRC-32 in a base62 that packs five or six bits a character.
    Crc32LeBitpackedBase62 = "crc32-le-bitpacked-base62",
    /// GitLab: length of the payload and CRC-32 of everything before it, in base36.
    GitlabRoutable = "gitlab-routable-crc32-base36",
    /// GitHub fine-grained: part of the tail is the SHA-256 of what precedes it.
    Sha256Base32EightPrefix = "sha256-base32-8-prefix",
    /// crates.io trusted publishing: xor of the body, one character. Passes by accident once in 62.
    XorMod62 = "xor-mod62",
    /// Azure keys with a four-letter marker: Marvin32 in the last four bytes.
    AzureHis = "azure-his-marvin32",
    /// Entra client secrets: Marvin32 in the last three characters.
    AzureEntra = "azure-entra-marvin32",
    /// Azure keys with `JQQJ9`: Marvin32 after 80 characters.
    AzureCask = "azure-cask-v1",
    /// Azure DevOps tokens before 2024: a CRC-32 spread over four of 32 bytes.
    AzureDevopsLegacy = "azure-devops-legacy-crc32",
    /// Cloudflare: the CRC-32 of the 40 characters before it, in lower-case hex.
    Cloudflare = "cloudflare-checksum",
    /// Supabase: SHA-256 over the project's reference and the key. The token alone decides only for
    /// self-hosted projects; see [`supabase_matches`].
    SupabaseRef = "supabase-ref-sha256",
    /// age and Nostr keys: the code of BIP-173.
    Bech32 = "bech32",
    /// Wallet keys: double SHA-256 inside a Base58 string, in Bitcoin's or Ripple's alphabet.
    Base58Check = "base58check",
    /// Artifactory: Base58 of exactly 54 bytes.
    Base58Len = "base58-len",
    /// Stellar and NATS seeds: CRC-16 at the end of a base32 string.
    Crc16XmodemBase32 = "crc16-xmodem-base32",
    /// Seed phrases of 12 to 24 English words.
    Bip39 = "bip39-checksum",
    /// Armoured OpenPGP blocks: the line `=` and CRC-24.
    Crc24OpenPgp = "crc24-openpgp",
    /// WireGuard private keys made by `wg genkey`.
    WireguardClamp = "wireguard-clamp",
    /// Solana and Coinbase key pairs: 64 bytes, the second half being the public key of the first.
    Ed25519Pair = "ed25519-pair",
    /// AWS access key ids issued since about 2019: a possible account number; see [`aws_account_id`].
    AwsAccountId = "aws-account-id",
    /// JWT: a JSON header with `alg` and a JSON payload.
    JwtHeader = "jwt-header",
    /// Discord bot tokens: the first segment is a decimal id.
    DiscordId = "discord-id",
}

impl Checksum {
    /// The validator with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|checksum| checksum.name() == name)
    }

    /// Whether `token`, the whole credential as matched, carries a right checksum or structure.
    ///
    /// Linear time and at most the token's length of memory, whatever the bytes.
    pub fn verify(self, token: &[u8]) -> bool {
        match self {
            Self::Crc32Base62Body => crc::verify_base62_body(token),
            Self::Crc32Base62All => ends_with(token, crc::base62_all),
            Self::Crc32Base62LowerFirstAll => ends_with(token, crc::base62_lower_first_all),
            Self::Crc32Base62AllUnderscore => ends_with(token, crc::base62_all_underscore),
            Self::Crc32Base62LsbUnderscore => ends_with(token, crc::base62_lsb_underscore),
            Self::Crc32HexUpperAll => ends_with(token, crc::hex_upper_all),
            Self::Crc32HexAll => ends_with(token, crc::hex_all),
            Self::Crc32HexBody => ends_with(token, crc::hex_body),
            Self::Crc32LeHexPrefix => crc::verify_le_hex_prefix(token),
            Self::Crc32LeBase64Six => ends_with(token, crc::le_base64_6),
            Self::Crc32LeBitpackedBase62 => xata::verify(token),
            Self::GitlabRoutable => crc::verify_gitlab(token),
            Self::Sha256Base32EightPrefix => digest::verify_github(token),
            Self::XorMod62 => ends_with(token, structure::xor_mod62),
            Self::AzureHis => azure::verify_his(token),
            Self::AzureEntra => token.len() == 40 && ends_with(token, azure::entra),
            Self::AzureCask => azure::verify_cask(token),
            Self::AzureDevopsLegacy => azure::verify_devops(token),
            Self::Cloudflare => ends_with(token, crc::cloudflare),
            Self::SupabaseRef => supabase_matches(token, [digest::SELF_HOSTED]),
            Self::Bech32 => bech32::verify(token),
            Self::Base58Check => base58::verify_check(token),
            Self::Base58Len => base58::verify_len(token),
            Self::Crc16XmodemBase32 => base32::verify(token),
            Self::Bip39 => bip39::verify(token),
            Self::Crc24OpenPgp => openpgp::verify(token),
            Self::WireguardClamp => structure::verify_wireguard(token),
            Self::Ed25519Pair => structure::verify_ed25519(token),
            Self::AwsAccountId => structure::verify_aws(token),
            Self::JwtHeader => structure::verify_jwt(token),
            Self::DiscordId => structure::verify_discord(token),
        }
    }

    /// The text that makes `head` a whole valid credential (but for [`Self::Sha256Base32EightPrefix`], after which
    /// eight characters of any kind follow).
    ///
    /// `None` where `head` is not the beginning that the kind asks for, and for the kinds that cannot be built from
    /// their beginning: for those there is [`Self::generate`].
    pub fn complete(self, head: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Crc32Base62Body => crc::base62_body(head).map(Vec::from),
            Self::Crc32Base62All => crc::base62_all(head).map(Vec::from),
            Self::Crc32Base62LowerFirstAll => crc::base62_lower_first_all(head).map(Vec::from),
            Self::Crc32Base62AllUnderscore => crc::base62_all_underscore(head).map(Vec::from),
            Self::Crc32Base62LsbUnderscore => crc::base62_lsb_underscore(head).map(Vec::from),
            Self::Crc32HexUpperAll => crc::hex_upper_all(head).map(Vec::from),
            Self::Crc32HexAll => crc::hex_all(head).map(Vec::from),
            Self::Crc32HexBody => crc::hex_body(head).map(Vec::from),
            Self::Crc32LeHexPrefix => crc::le_hex_prefix(head).map(Vec::from),
            Self::Crc32LeBase64Six => crc::le_base64_6(head).map(Vec::from),
            Self::GitlabRoutable => crc::complete_gitlab(head),
            Self::Sha256Base32EightPrefix => digest::github(head).map(Vec::from),
            Self::XorMod62 => structure::xor_mod62(head).map(Vec::from),
            Self::AzureHis => azure::complete_his(head),
            Self::AzureEntra => azure::entra(head).map(Vec::from),
            Self::AzureCask => azure::cask_84_tail(head).map(Vec::from),
            Self::Cloudflare => crc::cloudflare(head).map(Vec::from),
            Self::SupabaseRef => digest::supabase(head, digest::SELF_HOSTED).map(Vec::from),
            Self::Bech32 => bech32::complete(head),
            Self::Crc16XmodemBase32 => base32::complete(head),
            Self::Bip39 => bip39::complete(head),
            Self::Crc24OpenPgp => openpgp::complete(head).map(Vec::from),
            Self::Crc32LeBitpackedBase62
            | Self::AzureDevopsLegacy
            | Self::Base58Check
            | Self::Base58Len
            | Self::WireguardClamp
            | Self::Ed25519Pair
            | Self::AwsAccountId
            | Self::JwtHeader
            | Self::DiscordId => None,
        }
    }

    /// A whole valid value from random bytes, for the kinds that cannot be built from their beginning; `None` for
    /// the others. Xata's value is the part after `xau_`.
    pub fn generate(self, random: &mut dyn FnMut() -> u8) -> Option<Vec<u8>> {
        match self {
            Self::Crc32LeBitpackedBase62 => Some(xata::generate(random)),
            Self::AzureDevopsLegacy => Some(azure::generate_devops(random)),
            Self::Base58Check => Some(base58::generate_check(random)),
            Self::Base58Len => Some(base58::generate_len(random)),
            Self::Bip39 => mnemonic(&std::array::from_fn::<u8, 16, _>(|_| random())),
            Self::WireguardClamp => Some(structure::generate_wireguard(random)),
            Self::Ed25519Pair => structure::generate_ed25519(random),
            Self::AwsAccountId => Some(structure::generate_aws(random)),
            Self::JwtHeader => Some(structure::generate_jwt(random)),
            Self::DiscordId => Some(structure::generate_discord(random)),
            _ => None,
        }
    }
}

/// Whether the last `N` bytes of `token` are the checksum of those before them.
fn ends_with<const N: usize>(token: &[u8], checksum: impl Fn(&[u8]) -> Option<[u8; N]>) -> bool {
    token.split_last_chunk().is_some_and(|(head, tail)| checksum(head).as_ref() == Some(tail))
}

/// `N` characters of `alphabet`, drawn at random.
fn draw<const N: usize>(random: &mut dyn FnMut() -> u8, alphabet: &[u8]) -> [u8; N] {
    std::array::from_fn(|_| alphabet[usize::from(random()) % alphabet.len()])
}
