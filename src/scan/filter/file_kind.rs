//! What a file is, by its name: whether bare words in it are values, and how much its values are worth.

/// How a file writes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// Source code: strings are quoted, bare words are names.
    Code,
    /// Settings and scripts, where a bare word is a value.
    Settings,
    /// Text for people, with both in it.
    Prose,
}

/// What is known of a file by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKind {
    /// How values are written.
    pub syntax: Syntax,
    /// Made by a package manager: full of digests.
    pub lock: bool,
    /// Texts of a user interface in some language.
    pub translation: bool,
    /// Tests, fixtures, examples: full of made-up values.
    pub test: bool,
    /// A file to be copied and filled in: `config.example.yml`, `.env.dist`.
    pub template: bool,
    /// Bundled or minified code.
    pub generated: bool,
}

const CODE: &[&str] = &[
    "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "cs", "java", "kt", "kts", "scala", "groovy", "js",
    "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "py", "pyi", "pyx", "rb",
    "erb", "rake", "go", "rs", "swift", "m", "mm", "php", "phtml", "pl", "pm", "lua", "dart", "ex", "exs",
    "erl", "hrl", "hs", "ml", "mli", "fs", "fsx", "clj", "cljs", "edn", "r", "jl", "nim", "zig", "d", "v",
    "sv", "vhd", "asm", "s", "sol", "vb", "vbs", "pas", "sql", "tf", "hcl", "bicep", "proto", "thrift",
    "graphql", "gql", "json", "json5", "jsonc", "map", "ipynb", "css", "scss", "sass", "less", "styl",
    "cmake", "gradle", "coffee", "elm", "cr", "rst", "dts", "dtsi", "wat", "glsl", "cu", "tcl", "f90", "ada",
    "lisp", "el", "scm", "rkt", "hbs", "ejs", "jsp", "aspx", "cshtml", "razor", "twig", "haml", "slim",
    "pug", "html", "htm", "xhtml", "svg", "snap", "lock", "po", "pot",
];
const PROSE: &[&str] = &[
    "md", "markdown", "mdx", "rst", "txt", "adoc", "asciidoc", "org", "tex", "textile", "log", "rtf", "wiki",
];
const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "cargo.lock",
    "go.sum",
    "gemfile.lock",
    "poetry.lock",
    "pipfile.lock",
    "uv.lock",
    "composer.lock",
    "podfile.lock",
    "mix.lock",
    "flake.lock",
    "bun.lock",
    "deno.lock",
    "packages.lock.json",
    "pubspec.lock",
    ".cargo-checksum.json",
    "record",
    "conda-lock.yml",
    "gradle.lockfile",
    "sha256sums",
];
const TESTS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "__tests__",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "__mocks__",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "e2e",
    "testutil",
    "testutils",
    "cassettes",
    "snapshots",
    "__snapshots__",
    "vectors",
    "benches",
    "bench",
    "selftest",
    "selftests",
    "stubs",
];
const TRANSLATIONS: &[&str] = &[
    "locale",
    "locales",
    "lang",
    "langs",
    "i18n",
    "l10n",
    "translations",
    "translation",
    "_locales",
    "languages",
    "messages",
];

impl FileKind {
    /// A number for each kind.
    pub(crate) fn number(self) -> u8 {
        let Self { syntax, lock, translation, test, template, generated } = self;
        let flags = [lock, translation, test, template, generated];
        flags.into_iter().fold(syntax as u8, |number, flag| number << 1 | u8::from(flag))
    }

    /// The kind of the file at `path` (with `/`).
    pub(crate) fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let stem = name.split('.').next().unwrap_or(name);
        // COMMIT_EDITMSG and its like, in which git lets people write messages
        let syntax = if PROSE.contains(&extension) || name.ends_with("_editmsg") {
            Syntax::Prose
        } else if CODE.contains(&extension) {
            Syntax::Code
        } else {
            Syntax::Settings
        };
        let in_folder = |names: &[&str]| folders.split('/').any(|folder| names.contains(&folder));
        let says_test = |part: &str| {
            let part = part.trim_start_matches('_');
            part.starts_with("test_")
                || part.ends_with("_test")
                || part.ends_with("-test")
                || part.ends_with("tests")
                || part.ends_with("_spec")
                || part == "test"
                || part == "conftest"
                || part.starts_with("mock")
        };
        let mut middle = name.split('.').skip(1);
        let template = name
            .split('.')
            .skip(1)
            .any(|part| matches!(part, "example" | "sample" | "dist" | "tmpl" | "template" | "tpl"));
        Self {
            syntax,
            lock: LOCKS.contains(&name),
            translation: in_folder(TRANSLATIONS)
                || (extension == "properties"
                    && ["messages", "labels", "strings", "i18n"].iter().any(|word| stem.contains(word)))
                || matches!(extension, "po" | "pot" | "arb" | "strings" | "resx" | "xlf" | "xliff" | "ftl"),
            test: in_folder(TESTS)
                || says_test(stem)
                || template
                || middle.any(|part| matches!(part, "test" | "spec" | "mock" | "stories")),
            template,
            generated: name.contains(".min.")
                || name.contains("-min.")
                || name.contains(".bundle.")
                || extension == "map",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_name() {
        assert_eq!(FileKind::of("src/a.py").syntax, Syntax::Code);
        assert_eq!(FileKind::of(".env").syntax, Syntax::Settings);
        assert_eq!(FileKind::of("Dockerfile").syntax, Syntax::Settings);
        assert_eq!(FileKind::of("conf/app.yaml").syntax, Syntax::Settings);
        assert_eq!(FileKind::of("README.md").syntax, Syntax::Prose);
        assert!(FileKind::of("a/package-lock.json").lock);
        assert!(FileKind::of("app/locales/de.json").translation);
        assert!(FileKind::of("pkg/tests/data.json").test);
        assert!(FileKind::of("pkg/auth_test.go").test);
        assert!(FileKind::of("config.example.yml").template);
        assert!(!FileKind::of("src/latest/contest.go").test);
        assert!(FileKind::of("dist/app.min.js").generated);
    }
}
