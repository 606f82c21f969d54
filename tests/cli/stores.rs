//! `gate fingerprint sync` on homes with the files of many tools, as the tools write them.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;

use crate::util::{Session, value};

/// A file of the home folder: `{1}` to `{9}` are secrets that must be found, `{a}` is public and must not be.
struct File {
    path: &'static str,
    text: &'static str,
    /// How many secrets it holds.
    secrets: usize,
}

const fn file(path: &'static str, secrets: usize, text: &'static str) -> File {
    File { path, text, secrets }
}

/// What stands in all of them in place of `{a}`: ids and names that are long enough to be taken for secrets.
const PUBLIC: &str = "4f0c2a91-77aa-4a0e-9d55-0c1de2ad3b11";

const FILES: &[File] = &[
    file(
        ".claude/.credentials.json",
        2,
        r#"{"claudeAiOauth":{"accessToken":"{1}","refreshToken":"{2}","expiresAt":1767225600000,"scopes":["user:inference"],"subscriptionType":"max"}}"#,
    ),
    file(
        ".codex/auth.json",
        3,
        r#"{"OPENAI_API_KEY":null,"tokens":{"id_token":"{1}","access_token":"{2}","refresh_token":"{3}","account_id":"{a}"},"last_refresh":"2026-01-01T00:00:00Z"}"#,
    ),
    file(
        ".pi/agent/auth.json",
        3,
        r#"{"anthropic":{"type":"oauth","access":"{1}","refresh":"{2}","expires":1767225600000},"openai":{"type":"api_key","key":"{3}"}}"#,
    ),
    file(".pi/agent/oauth.json", 2, r#"{"google":{"access":"{1}","refresh":"{2}","expires":1767225600000}}"#),
    file(
        ".gemini/oauth_creds.json",
        3,
        r#"{"access_token":"{1}","scope":"openid","token_type":"Bearer","id_token":"{2}","expiry_date":1767225600000,"refresh_token":"{3}"}"#,
    ),
    file(".local/share/amp/secrets.json", 1, r#"{"apiKey@https://ampcode.com/":"{1}"}"#),
    file(
        ".local/share/opencode/auth.json",
        3,
        r#"{"anthropic":{"type":"oauth","refresh":"{1}","access":"{2}","expires":1767225600000},"openai":{"type":"api","key":"{3}"}}"#,
    ),
    file(
        ".config/github-copilot/apps.json",
        1,
        r#"{"github.com:Iv1.b507a08c87ecfe98":{"user":"alice","oauth_token":"{1}","githubAppId":"Iv1.b507a08c87ecfe98"}}"#,
    ),
    file(
        ".claude.json",
        2,
        r#"{"userID":"{a}","mcpServers":{"db":{"command":"npx","env":{"DB_PASSWORD":"{1}","LOG_LEVEL":"verbose-and-more"}}},"projects":{"/home/alice/x":{"mcpServers":{"web":{"headers":{"Authorization":"Bearer {2}"}}}}}}"#,
    ),
    file(
        ".aws/credentials",
        3,
        "[default]\naws_access_key_id = {a}\naws_secret_access_key = {1}\n\n[work]\naws_access_key_id = {a}\naws_secret_access_key = {2}\naws_session_token = {3}\n",
    ),
    file(
        ".aws/sso/cache/0123abcd.json",
        3,
        r#"{"startUrl":"https://start.test/start","accessToken":"{1}","expiresAt":"2026-01-01T00:00:00Z","clientId":"{a}","clientSecret":"{2}","refreshToken":"{3}"}"#,
    ),
    file(
        ".npmrc",
        2,
        "registry=https://r.example.test/\n//r.example.test/:_authToken={1}\n//other.test/:_password=\"{2}\"\n",
    ),
    file(
        ".pypirc",
        2,
        "[distutils]\nindex-servers =\n    main\n\n[main]\nusername = __token__\npassword = {1}\n\n[test]\nusername: alice\npassword: {2}\n",
    ),
    file(".config/pip/pip.conf", 1, "[global]\nindex-url = https://alice:{1}@index.test/simple\n"),
    file(
        ".cargo/credentials.toml",
        2,
        "[registry]\ntoken = \"{1}\"\n\n[registries.work]\ntoken = \"Bearer {2}\"\n",
    ),
    file(".git-credentials", 2, "https://alice:{1}@code.test\nhttps://{2}:x-oauth-basic@other.test\n"),
    file(
        ".gitconfig",
        2,
        "[user]\n\tname = Alice\n[url \"https://oauth2:{1}@code.test/\"]\n\tinsteadOf = https://code.test/\n[http \"https://x.test/\"]\n\textraHeader = Authorization: Bearer {2}\n",
    ),
    file(
        ".config/gh/hosts.yml",
        2,
        "github.com:\n    users:\n        alice:\n            oauth_token: {1}\n    git_protocol: https\n    oauth_token: {2}\n    user: alice\n",
    ),
    file(
        ".config/glab-cli/config.yml",
        1,
        "hosts:\n  gitlab.com:\n    token: !!null {1}\n    api_host: gitlab.com\n",
    ),
    file(
        ".netrc",
        2,
        "machine api.heroku.com\n  login alice@example.test\n  password {1}\nmachine other.test login bob password {2}\n",
    ),
    file(
        ".docker/config.json",
        1,
        r#"{"auths":{"https://index.example.test/v1/":{"auth":"{base64 alice:1}"}},"currentContext":"default"}"#,
    ),
    file(
        ".kube/config",
        2,
        "apiVersion: v1\nclusters:\n- cluster:\n    server: https://k.test:6443\n  name: k\nusers:\n- name: admin\n  user:\n    token: {1}\n- name: other\n  user:\n    client-key-data: {base64 2}\n",
    ),
    file(
        ".config/gcloud/application_default_credentials.json",
        2,
        r#"{"client_id":"{a}.apps.test","client_secret":"{1}","refresh_token":"{2}","type":"authorized_user"}"#,
    ),
    file(
        ".azure/msal_token_cache.json",
        2,
        r#"{"AccessToken":{"x":{"secret":"{1}","client_id":"{a}","expires_on":"1767225600"}},"RefreshToken":{"y":{"secret":"{2}"}}}"#,
    ),
    file(
        ".m2/settings.xml",
        2,
        "<?xml version=\"1.0\"?>\n<settings>\n  <servers>\n    <server>\n      <id>a</id>\n      <username>alice</username>\n      <password>{1}</password>\n    </server>\n    <server><id>b</id><password>{2}</password></server>\n  </servers>\n</settings>\n",
    ),
    file(
        ".nuget/NuGet/NuGet.Config",
        1,
        "<configuration><packageSourceCredentials><work><add key=\"Username\" value=\"alice\" /><add key=\"ClearTextPassword\" value=\"{1}\" /></work></packageSourceCredentials></configuration>\n",
    ),
    file(
        ".gradle/gradle.properties",
        2,
        "org.gradle.jvmargs=-Xmx2g\nsigning.password={1}\nnexusPassword={2}\n",
    ),
    file(".pgpass", 2, "# all\nlocalhost:5432:app:alice:{1}\ndb.test:*:*:bob:{2}\n"),
    file(".my.cnf", 1, "[client]\nuser=alice\npassword=\"{1}\"\n"),
    file(
        ".config/rclone/rclone.conf",
        2,
        "[drive]\ntype = drive\ntoken = {\"access_token\":\"{1}\",\"token_type\":\"Bearer\",\"refresh_token\":\"{2}\",\"expiry\":\"2026-01-01T00:00:00Z\"}\n",
    ),
    file(".terraform.d/credentials.tfrc.json", 1, r#"{"credentials":{"app.terraform.io":{"token":"{1}"}}}"#),
    file(".terraformrc", 1, "credentials \"app.other.test\" {\n  token = \"{1}\"\n}\n"),
    file(".vault-token", 1, "{1}"),
    file(
        ".config/doctl/config.yaml",
        2,
        "access-token: {1}\nauth-contexts:\n  work: {2}\ncontext: default\n",
    ),
    file(
        ".config/hcloud/cli.toml",
        1,
        "active_context = \"x\"\n[[contexts]]\nname = \"x\"\ntoken = \"{1}\"\n",
    ),
    file(".fly/config.yml", 1, "access_token: {1}\nlast_login: 2026-01-01T00:00:00Z\n"),
    file(".config/stripe/config.toml", 1, "[default]\ndevice_name = 'x'\ntest_mode_api_key = '{1}'\n"),
    file(".cache/huggingface/token", 1, "{1}"),
    file(
        ".config/io.datasette.llm/keys.json",
        1,
        r#"{"// Note":"This file stores secret API credentials. Do not share!","openai":"{1}"}"#,
    ),
    file(
        ".config/composer/auth.json",
        2,
        r#"{"github-oauth":{"github.com":"{1}"},"http-basic":{"repo.test":{"username":"alice","password":"{2}"}}}"#,
    ),
    file(".bundle/config", 1, "---\nBUNDLE_GEMS__EXAMPLE__TEST: \"alice:{1}\"\n"),
    file(".ssh/id_ed25519", 1, "{pem 1}"),
    file(
        ".bashrc",
        1,
        "# my own\nexport EDITOR=vim\nexport DEPLOY_TOKEN='{1}'\nexport PATH=$PATH:/opt/some/where/else\n",
    ),
    file(".databrickscfg", 1, "[DEFAULT]\nhost = https://x.test\ntoken = {1}\n"),
    file(
        ".snowflake/connections.toml",
        1,
        "[default]\naccount = \"x\"\nuser = \"alice\"\npassword = \"{1}\"\n",
    ),
    file(
        ".dbt/profiles.yml",
        1,
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      user: alice\n      password: {1}\n",
    ),
];

/// A key in PEM; its type is put together here, as the scanner reads this file too.
fn pem(seed: u64) -> String {
    let rows: Vec<String> = (0..6).map(|row| value("{base64:70}", seed + row)).collect();
    format!("-----BEGIN OPENSSH {0}-----\n{1}\n-----END OPENSSH {0}-----\n", "PRIVATE KEY", rows.join("\n"))
}

/// Writes the files, and gives each secret with its file.
pub(crate) fn home(session: &Session) -> Vec<(&'static str, String)> {
    let mut secrets = Vec::new();
    for (number, file) in FILES.iter().enumerate() {
        let mut text = file.text.replace("{a}", PUBLIC);
        for i in 1..=file.secrets {
            let seed = (number * 10 + i) as u64;
            let pem_mark = format!("{{pem {i}}}");
            let secret = if text.contains(&pem_mark) { pem(seed) } else { value("{base62:36}", seed) };
            text = text
                .replace(&pem_mark, &secret)
                .replace(&format!("{{{i}}}"), &secret)
                .replace(
                    &format!("{{base64 alice:{i}}}"),
                    &BASE64.encode(format!("alice:{secret}").as_bytes()),
                )
                .replace(&format!("{{base64 {i}}}"), &BASE64.encode(secret.as_bytes()));
            secrets.push((file.path, secret));
        }
        let path = session.home(file.path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(&path, text).expect("written");
        private(&path);
    }
    secrets
}

fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("changed");
    }
    let _ = path;
}

#[test]
fn every_secret_of_every_store_is_known_afterwards_and_nothing_public_is() {
    let session = Session::new();
    let secrets = home(&session);
    let sync = session.gate(&["fingerprint", "sync"]);
    sync.exits(0);
    let sources = session.gate(&["fingerprint", "sources", "--format", "json"]);
    sources.exits(0);
    let list = session.gate(&["fingerprint", "list", "--format", "json"]);
    for (path, secret) in &secrets {
        for run in [&sync, &sources, &list] {
            run.never_says(&secret[..16]);
        }
        let looked = sources.json();
        let looked = looked.as_array().expect("an array");
        assert!(looked.iter().any(|seen| seen["place"] == format!("~/{path}")), "{path} was not looked at");
    }
    // one file with each secret on a line of its own
    let mut text = String::new();
    for (path, secret) in &secrets {
        text += &format!("{path}: {}\n", secret.replace('\n', "\\n"));
    }
    session.write("all.txt", &text);
    let report = session.gate(&["scan", "--format", "json"]).json();
    let stored: Vec<u64> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["rule_id"] == "stored-credential")
        .map(|finding| finding["start_line"].as_u64().expect("a line"))
        .collect();
    let missed: Vec<&str> = (1..=secrets.len())
        .filter(|line| !stored.contains(&(*line as u64)))
        .map(|line| secrets[line - 1].0)
        .collect();
    assert!(missed.is_empty(), "not known: {missed:?}\n{}", sources.stdout());
    session.write(
        "public.txt",
        format!("{PUBLIC} alice https://r.example.test/ verbose-and-more alice@example.test\n"),
    );
    let report = session.gate(&["scan", "public.txt", "--confidence", "low", "--format", "json"]).json();
    let stored = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| !finding["stored"].is_null())
        .count();
    assert_eq!(stored, 0, "{report}");
}

#[test]
fn access_and_refresh_tokens_are_apart_and_know_when_they_expire() {
    let session = Session::new();
    home(&session);
    session.gate(&["fingerprint", "sync"]).exits(0);
    let list = session.gate(&["fingerprint", "list", "--format", "json"]).json();
    let entry = |label: &str| {
        list.as_array().expect("an array").iter().find(|entry| entry["label"] == label).cloned()
    };
    for label in
        ["claude-code accessToken", "claude-code refreshToken", "pi anthropic access", "pi anthropic refresh"]
    {
        let entry = entry(label).unwrap_or_else(|| panic!("{label} in {list:#}"));
        assert_eq!(entry["expires"], 1_767_225_600, "{label}");
    }
    let work = entry("aws work aws_secret_access_key").expect("the profile is part of the label");
    assert_eq!((&work["source"], &work["profile"]), (&"aws".into(), &"work".into()));
    let registry = entry("terraform app.terraform.io token").expect("the host is part of the label");
    assert_eq!(registry["scope"], "app.terraform.io");
}

#[test]
fn a_second_sync_sees_what_was_rotated() {
    let session = Session::new();
    home(&session);
    session.gate(&["fingerprint", "sync"]).exits(0);
    session.gate(&["fingerprint", "sync"]).exits(0).says("0 new, 0 rotated");
    let old = fs::read_to_string(session.home(".vault-token")).expect("read");
    fs::write(session.home(".vault-token"), value("{base62:36}", 9_999)).expect("written");
    session.gate(&["fingerprint", "sync"]).exits(0).says("0 new, 1 rotated");
    session.write("a.txt", old);
    session.gate(&["scan"]).exits(1).says("rotated");
}

#[test]
#[cfg(unix)]
fn stores_that_others_can_read_and_files_that_are_no_good_are_said() {
    use std::os::unix::fs::PermissionsExt;

    let session = Session::new();
    home(&session);
    fs::set_permissions(session.home(".npmrc"), fs::Permissions::from_mode(0o644)).expect("changed");
    let secret = value("{base62:36}", 77);
    fs::write(session.home(".codex/auth.json"), format!("{{\"tokens\": {{\"access_token\": \"{secret}\""))
        .expect("written");
    session
        .gate(&["fingerprint", "sync"])
        .exits(0)
        .says("others can read this file")
        .says("is no valid JSON")
        .never_says(&secret);
}

#[test]
fn variables_and_the_repositorys_env_files_are_read() {
    let session = Session::new();
    let (one, two, three) = (value("{base62:36}", 1), value("{base62:36}", 2), value("{base62:36}", 3));
    session.write(".git/HEAD", "ref: refs/heads/main\n");
    session.write(
        ".env",
        format!("PORT=8080\nSTRIPE_SECRET_KEY={one}\nDATABASE_URL=postgres://app:{two}@db.test/app\n"),
    );
    let mut command = session.command(&["fingerprint", "sync"]);
    let done = command.env("OPENAI_API_KEY", &three).output().expect("gate starts");
    assert!(done.status.success());
    session.write("a.txt", format!("{one}\n{two}\n{three}\n"));
    let report = session.gate(&["scan", "a.txt", "--format", "json"]).json();
    let labels: Vec<String> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["stored"]["label"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(labels, ["dotenv STRIPE_SECRET_KEY", "dotenv DATABASE_URL password", "OPENAI_API_KEY"]);
}
