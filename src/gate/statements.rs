//! Statements of databases on a command line: what they lose, what they run.

use super::decision::Decision;

/// What a statement deserves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Id of the rule.
    pub id: &'static str,
    /// What it wants.
    pub decision: Decision,
    /// Why, without any value of the statement.
    pub reason: String,
}

fn ask(id: &'static str, reason: impl Into<String>) -> Judged {
    Judged { id, decision: Decision::Ask, reason: reason.into() }
}

/// Statements that could not be read.
pub fn unread() -> Judged {
    ask("sql-unread", "statements that show only when they run")
}

/// Judges statements of a dialect, as in the role `sql:DIALECT`. Reads are said nothing of.
pub fn judge(dialect: &str, text: &str) -> Vec<Judged> {
    let mut found = Vec::new();
    match dialect {
        "redis" => redis(text, &mut found),
        "mongo" => mongo(text, &mut found),
        _ => sql(dialect, text, &mut found),
    }
    found.dedup();
    found
}

/// A token of SQL: a bare word in upper case, a quoted name, a string, or a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Name,
    Text,
    Mark(char),
}

/// The tokens of each statement; commands of the client (`.shell`, `\!`) are statements of their own.
fn tokens(dialect: &str, text: &str, found: &mut Vec<Judged>) -> Vec<Vec<Token>> {
    let bytes = text.as_bytes();
    let mut statements = vec![Vec::new()];
    let mut at = 0;
    let mut line_start = true;
    while at < bytes.len() {
        let byte = bytes[at];
        let rest = &text[at..];
        let fresh = statements.last().is_some_and(Vec::is_empty);
        if line_start && fresh && byte == b'.' && dialect == "sqlite" {
            let line = rest.split('\n').next().unwrap_or(rest);
            dot_command(line, found);
            at += line.len();
            continue;
        }
        if byte == b'\\' && matches!(dialect, "postgres" | "mysql" | "other") {
            let line = rest.split('\n').next().unwrap_or(rest);
            if backslash_command(dialect, line, found) {
                at += line.len();
                continue;
            }
        }
        line_start = byte == b'\n' || line_start && byte.is_ascii_whitespace();
        let tokens = statements.last_mut().expect("there is a first statement");
        match byte {
            _ if rest.starts_with("--") || byte == b'#' && dialect == "mysql" => {
                at += rest.find('\n').unwrap_or(rest.len());
            }
            // MySQL runs what stands in these, behind a version
            _ if rest.starts_with("/*!") => {
                at += 3 + rest[3..].bytes().take_while(u8::is_ascii_digit).count();
            }
            _ if rest.starts_with("/*") => at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            b'*' if rest.starts_with("*/") => at += 2,
            b'\'' => {
                at += quoted(rest, '\'', dialect == "mysql");
                tokens.push(Token::Text);
            }
            b'"' | b'`' => {
                at += quoted(rest, char::from(byte), false);
                tokens.push(Token::Name);
            }
            b'[' if dialect == "mssql" => {
                at += rest.find(']').map_or(rest.len(), |end| end + 1);
                tokens.push(Token::Name);
            }
            b'$' if dialect == "postgres" => match dollar(rest) {
                Some(length) => {
                    at += length;
                    tokens.push(Token::Text);
                }
                None => at += 1,
            },
            b';' => {
                statements.push(Vec::new());
                at += 1;
            }
            _ if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                let end = rest
                    .bytes()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80))
                    .unwrap_or(rest.len());
                let word = rest[..end].to_ascii_uppercase();
                at += end;
                if word == "GO" && dialect == "mssql" {
                    statements.push(Vec::new());
                } else {
                    tokens.push(Token::Word(word));
                }
            }
            _ => {
                if !byte.is_ascii_whitespace() {
                    tokens.push(Token::Mark(char::from(byte)));
                }
                at += 1;
            }
        }
    }
    statements.retain(|tokens| !tokens.is_empty());
    statements
}

/// The length of a quoted text, quotes doubled or escaped.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + 1,
            }
        }
    }
    text.len()
}

/// The length of a `$tag$ … $tag$` text.
fn dollar(text: &str) -> Option<usize> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[..end];
    let name = &tag[1..end - 1];
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    Some(text[end..].find(tag).map_or(text.len(), |at| end + at + tag.len()))
}

fn dot_command(line: &str, found: &mut Vec<Judged>) {
    let mut words = line.split_whitespace();
    let command = words.next().unwrap_or("").trim_start_matches('.');
    match command {
        "shell" | "system" | "sh" | "sys" => {
            found.push(ask("sql-shell", "runs a command of the shell from within the client"))
        }
        "load" => found.push(ask("sql-load", "loads code into the client")),
        "import" if line.contains('|') => found.push(ask("sql-shell", "reads the output of a command")),
        "output" | "once" | "o" | "excel" | "backup" | "save" | "clone" | "log" | "trace" => {
            found.push(ask("sql-file", "writes a file from within the client"));
        }
        "restore" => found.push(ask("sql-destroy", "overwrites the database")),
        "read" => found.push(unread()),
        _ => {}
    }
}

/// Whether the line is a command of `psql` or `mysql`.
fn backslash_command(dialect: &str, line: &str, found: &mut Vec<Judged>) -> bool {
    let word = line.split_whitespace().next().unwrap_or("");
    match word {
        "\\!" => found.push(ask("sql-shell", "runs a command of the shell from within the client")),
        _ if word.starts_with("\\!") => {
            found.push(ask("sql-shell", "runs a command of the shell from within the client"))
        }
        "\\copy" => {
            let upper = line.to_ascii_uppercase();
            if upper.contains("PROGRAM") || upper.contains(" TO ") {
                found.push(ask("sql-file", "copies data into a file or a program"));
            } else {
                found.push(ask("sql-add", "copies data into a table"));
            }
        }
        "\\o" | "\\w" | "\\g" | "\\gx" if line.len() > word.len() => {
            found.push(ask("sql-file", "writes a file, or runs a command, from within the client"));
        }
        "\\i" | "\\ir" | "\\include" | "\\." | "\\source" | "\\gexec" => found.push(unread()),
        "\\system" if dialect == "mysql" => found.push(ask("sql-shell", "runs a command of the shell")),
        "\\e" | "\\ef" | "\\ev" | "\\edit" => found.push(ask("sql-shell", "opens an editor")),
        _ if word.len() >= 2 && word.as_bytes()[1].is_ascii_alphabetic() => {}
        _ => return false,
    }
    true
}

fn sql(dialect: &str, text: &str, found: &mut Vec<Judged>) {
    for tokens in tokens(dialect, text, found) {
        statement(dialect, &tokens, found);
    }
}

fn statement(dialect: &str, tokens: &[Token], found: &mut Vec<Judged>) {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let has = |wanted: &str| tokens.iter().any(|token| matches!(token, Token::Word(word) if word == wanted));
    let follows = |first: &str, second: &str| {
        tokens.windows(2).any(|pair| match pair {
            [Token::Word(a), Token::Word(b)] => a == first && b == second,
            _ => false,
        })
    };
    let calls = |names: &[&str]| {
        tokens.iter().any(|token| matches!(token, Token::Word(word) if names.contains(&word.as_str())))
    };
    // Whatever the statement is.
    if calls(&[
        "XP_CMDSHELL",
        "SP_OACREATE",
        "SYS_EXEC",
        "SYS_EVAL",
        "DBMS_SCHEDULER",
        "LO_EXPORT",
        "PG_EXECUTE_SERVER_PROGRAM",
    ]) {
        found.push(ask("sql-shell", "runs commands on the machine of the database"));
    }
    if calls(&[
        "LOAD_EXTENSION",
        "PG_READ_FILE",
        "PG_READ_BINARY_FILE",
        "LO_IMPORT",
        "LOAD_FILE",
        "READFILE",
        "WRITEFILE",
        "PG_LS_DIR",
    ]) {
        found.push(ask("sql-file", "reaches files on the machine of the database"));
    }
    if calls(&["PG_TERMINATE_BACKEND", "PG_CANCEL_BACKEND"]) {
        found.push(ask("sql-kill", "ends connections of others"));
    }
    if follows("INTO", "OUTFILE") || follows("INTO", "DUMPFILE") {
        found.push(ask("sql-file", "writes a file on the machine of the database"));
    }
    let mut first = word(0);
    // `EXPLAIN DELETE …` loses nothing; `EXPLAIN ANALYZE DELETE …` runs it.
    if first == "EXPLAIN" || first == "DESCRIBE" || first == "DESC" {
        if !has("ANALYZE") {
            return;
        }
        first =
            ["DELETE", "UPDATE", "INSERT", "MERGE"].into_iter().find(|kind| has(kind)).unwrap_or("SELECT");
    }
    // What a common table expression does shows in its body.
    if first == "WITH" {
        first =
            ["DELETE", "UPDATE", "INSERT", "MERGE"].into_iter().find(|kind| has(kind)).unwrap_or("SELECT");
    }
    match first {
        "SELECT" => {
            if has("INTO")
                && !follows("INTO", "OUTFILE")
                && !follows("INTO", "DUMPFILE")
                && dialect != "mysql"
            {
                found.push(ask("sql-write", "makes a table"));
            }
        }
        "SHOW" | "VALUES" | "TABLE" | "USE" | "SET" | "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "END"
        | "SAVEPOINT" | "RELEASE" | "ANALYZE" | "HELP" | "PRINT" | "DECLARE" | "FETCH" | "CLOSE"
        | "LISTEN" | "EXPLAIN" | "CHECKPOINT" | "DESCRIBE" | "STATUS" | "PREPARE" | "DEALLOCATE"
        | "RESET" | "DISCARD" | "CONSISTENCY" | "TRACING" | "QUIT" | "EXIT" => {
            if first == "SET" && (has("GLOBAL") || has("PERSIST")) {
                found.push(ask("sql-admin", "changes a setting of the whole server"));
            }
        }
        "PRAGMA" => {
            if tokens.contains(&Token::Mark('=')) && (has("WRITABLE_SCHEMA") || has("JOURNAL_MODE")) {
                found.push(ask("sql-admin", "changes how the database keeps its data"));
            }
        }
        "INSERT" if !has("CONFLICT") && !has("DUPLICATE") && !has("REPLACE") => {
            found.push(ask("sql-add", "adds rows"));
        }
        "INSERT" | "MERGE" | "REPLACE" => found.push(ask("sql-write", "adds or changes rows")),
        "UPDATE" if !has("WHERE") => found.push(ask("sql-update-all", "changes every row: it has no WHERE")),
        "UPDATE" => found.push(ask("sql-write", "changes rows")),
        "DELETE" if !has("WHERE") || always(tokens) => {
            found.push(ask("sql-delete-all", "deletes every row: it has no WHERE that chooses"));
        }
        "DELETE" => found.push(ask("sql-delete", "deletes rows")),
        "DROP" => {
            let what = word(1).to_ascii_lowercase();
            let decision = if matches!(what.as_str(), "database" | "schema" | "keyspace") {
                Decision::Deny
            } else {
                Decision::Ask
            };
            found.push(Judged {
                id: "sql-drop",
                decision,
                reason: format!("drops a {what}: what it holds is lost"),
            });
        }
        "TRUNCATE" => found.push(ask("sql-truncate", "empties a table")),
        "ALTER" => {
            let adds = word(1) == "TABLE"
                && has("ADD")
                && !["DROP", "RENAME", "SET", "MODIFY", "CHANGE", "OWNER", "DISABLE", "TYPE"]
                    .into_iter()
                    .any(&has);
            let id = match (has("DROP"), adds) {
                (true, _) => "sql-drop",
                (false, true) => "sql-add",
                _ => "sql-change",
            };
            found.push(ask(id, "changes how data is kept"));
        }
        "CREATE" => {
            if has("USER") || has("ROLE") || has("LOGIN") {
                found.push(ask("sql-rights", "makes an account"));
            } else if has("EXTENSION")
                || has("FUNCTION")
                || has("PROCEDURE")
                || has("TRIGGER")
                || has("LANGUAGE")
                || has("EVENT")
            {
                found.push(ask("sql-code", "puts code into the database"));
            } else if has("REPLACE") || has("RULE") || has("POLICY") || has("SERVER") || has("TABLESPACE") {
                found.push(ask("sql-change", "makes something in the database"));
            } else {
                found.push(ask("sql-add", "makes something in the database"));
            }
        }
        "GRANT" | "REVOKE" => found.push(ask("sql-rights", "changes who may do what")),
        "COPY" => {
            if has("PROGRAM") {
                found.push(ask("sql-shell", "runs a program on the machine of the database"));
            } else if !has("STDOUT") {
                found.push(ask("sql-file", "copies between a table and a file"));
            }
        }
        "LOAD" => found.push(ask("sql-file", "loads a file")),
        "ATTACH" => found.push(ask("sql-file", "opens another database file")),
        "SOURCE" => found.push(unread()),
        "SYSTEM" => found.push(ask("sql-shell", "runs a command of the shell")),
        "KILL" | "SHUTDOWN" => found.push(ask("sql-kill", "ends connections or the server")),
        "VACUUM" | "REINDEX" | "REFRESH" | "COMMENT" => found.push(ask("sql-add", "maintains the database")),
        "OPTIMIZE" | "CLUSTER" | "LOCK" | "FLUSH" | "RENAME" => {
            found.push(ask("sql-admin", "maintains the database"));
        }
        "" => {}
        other => {
            let other: String = other.chars().take(30).collect();
            found.push(ask("sql-unknown", format!("what the statement `{other}` does is not known")));
        }
    }
}

/// `WHERE 1=1`, `WHERE TRUE`.
fn always(tokens: &[Token]) -> bool {
    let Some(at) = tokens.iter().position(|token| matches!(token, Token::Word(word) if word == "WHERE"))
    else {
        return false;
    };
    match &tokens[at + 1..] {
        [Token::Word(a)] => a == "TRUE" || a == "1",
        [Token::Word(a), Token::Mark('='), Token::Word(b)] => {
            a == b && a.bytes().all(|byte| byte.is_ascii_digit())
        }
        [Token::Text, Token::Mark('='), Token::Text] => true,
        _ => false,
    }
}

/// Commands of Redis that read, or change nothing beyond the connection.
const REDIS_READS: &[&str] = &[
    "GET",
    "MGET",
    "GETRANGE",
    "STRLEN",
    "EXISTS",
    "TTL",
    "PTTL",
    "TYPE",
    "KEYS",
    "SCAN",
    "HGET",
    "HGETALL",
    "HMGET",
    "HKEYS",
    "HVALS",
    "HLEN",
    "HSCAN",
    "HEXISTS",
    "LRANGE",
    "LLEN",
    "LINDEX",
    "SMEMBERS",
    "SCARD",
    "SISMEMBER",
    "SSCAN",
    "SRANDMEMBER",
    "SINTER",
    "SUNION",
    "SDIFF",
    "ZRANGE",
    "ZREVRANGE",
    "ZRANGEBYSCORE",
    "ZSCORE",
    "ZCARD",
    "ZRANK",
    "ZCOUNT",
    "ZSCAN",
    "PING",
    "ECHO",
    "INFO",
    "DBSIZE",
    "TIME",
    "SELECT",
    "AUTH",
    "HELLO",
    "MEMORY",
    "OBJECT",
    "LASTSAVE",
    "ROLE",
    "COMMAND",
    "XRANGE",
    "XLEN",
    "XINFO",
    "XREAD",
    "BITCOUNT",
    "GETBIT",
    "PFCOUNT",
    "GEODIST",
    "GEOPOS",
    "LATENCY",
    "SLOWLOG",
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "DUMP",
    "EXPIRETIME",
    "RANDOMKEY",
    "MONITOR",
    "QUIT",
    "EXIT",
    "HELP",
    "WAIT",
    "PUBSUB",
    "JSON.GET",
    "FT.SEARCH",
    "FT.INFO",
];

/// Commands of Redis that add or set what can be set again.
const REDIS_ADDS: &[&str] = &[
    "SET",
    "SETEX",
    "PSETEX",
    "SETNX",
    "MSET",
    "MSETNX",
    "INCR",
    "INCRBY",
    "INCRBYFLOAT",
    "DECR",
    "DECRBY",
    "APPEND",
    "HSET",
    "HSETNX",
    "HMSET",
    "HINCRBY",
    "LPUSH",
    "RPUSH",
    "SADD",
    "ZADD",
    "ZINCRBY",
    "XADD",
    "PFADD",
    "GEOADD",
    "EXPIRE",
    "EXPIREAT",
    "PEXPIRE",
    "PERSIST",
    "PUBLISH",
    "SETBIT",
    "JSON.SET",
];

fn redis(text: &str, found: &mut Vec<Judged>) {
    for line in text.lines() {
        let mut words =
            line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_ascii_uppercase());
        let Some(first) = words.next() else { continue };
        let second = words.next().unwrap_or_default();
        match first.as_str() {
            "FLUSHALL" | "FLUSHDB" | "SWAPDB" => {
                found.push(ask("redis-flush", "empties the database"));
            }
            "CONFIG" | "CLIENT" | "ACL" | "CLUSTER" | "SCRIPT" | "FUNCTION"
                if matches!(
                    second.as_str(),
                    "GET"
                        | "LIST"
                        | "INFO"
                        | "WHOAMI"
                        | "NODES"
                        | "SLOTS"
                        | "ID"
                        | "HELP"
                        | "GETNAME"
                        | "STATS"
                        | "USERS"
                        | "CAT"
                ) => {}
            "CONFIG" | "ACL" | "MODULE" | "SLAVEOF" | "REPLICAOF" | "DEBUG" | "SHUTDOWN" | "FAILOVER"
            | "MIGRATE" | "RESTORE" | "CLUSTER" | "CLIENT" => {
                found.push(ask("redis-admin", "changes the server or loads code into it"));
            }
            "EVAL" | "EVALSHA" | "FCALL" | "SCRIPT" | "FUNCTION" => {
                found.push(ask("redis-code", "runs code in the server"));
            }
            "DEL" | "UNLINK" | "GETDEL" => found.push(ask("redis-delete", "deletes keys")),
            first if REDIS_READS.contains(&first) => {}
            first if REDIS_ADDS.contains(&first) => found.push(ask("redis-add", "changes data")),
            _ => found.push(ask("redis-write", "changes data, or does something not known")),
        }
    }
}

/// Methods of the MongoDB shell that read.
const MONGO_READS: &[&str] = &[
    "find",
    "findOne",
    "count",
    "countDocuments",
    "estimatedDocumentCount",
    "distinct",
    "aggregate",
    "stats",
    "getIndexes",
    "getCollectionNames",
    "getCollectionInfos",
    "listCollections",
    "getName",
    "getSiblingDB",
    "getCollection",
    "limit",
    "sort",
    "skip",
    "toArray",
    "pretty",
    "forEach",
    "map",
    "explain",
    "hello",
    "isMaster",
    "version",
    "serverStatus",
    "hostInfo",
    "getMongo",
    "getDBNames",
    "adminCommand",
    "runCommand",
    "status",
    "conf",
    "printjson",
    "print",
    "ISODate",
    "ObjectId",
    "size",
    "projection",
    "project",
    "match",
    "itcount",
    "next",
    "hasNext",
    "hint",
    "ping",
    "listDatabases",
    "currentOp",
    "validate",
    "getUsers",
    "getRoles",
    "dataSize",
    "totalSize",
    "NumberLong",
    "Date",
    "tojson",
    "JSON",
    "stringify",
    "log",
    "console",
    "runCommandRead",
    "connectionStatus",
    "getReplicationInfo",
    "printReplicationInfo",
];

fn mongo(text: &str, found: &mut Vec<Judged>) {
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let before = &rest[..open];
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let name = &before[start..];
        let arguments = rest[open + 1..].trim_start();
        match name {
            "dropDatabase" => found.push(Judged {
                id: "mongo-drop",
                decision: Decision::Deny,
                reason: "drops the database: what it holds is lost".to_owned(),
            }),
            "drop" | "dropIndex" | "dropIndexes" | "dropUser" | "dropRole" => {
                found.push(ask("mongo-drop", "drops what the database keeps"))
            }
            "deleteMany" | "remove" if arguments.starts_with("{}") || arguments.starts_with(')') => {
                found.push(ask("mongo-delete-all", "deletes every document"));
            }
            "deleteMany" | "remove" | "deleteOne" | "findOneAndDelete" | "bulkWrite" => {
                found.push(ask("mongo-delete", "deletes documents"))
            }
            "adminCommand" | "runCommand"
                if ![
                    "ping",
                    "hello",
                    "listDatabases",
                    "listCollections",
                    "serverStatus",
                    "buildInfo",
                    "dbStats",
                    "collStats",
                    "connectionStatus",
                ]
                .iter()
                .any(|read| arguments.contains(read)) =>
            {
                found.push(ask("mongo-admin", "runs a command of the server"));
            }
            "shutdownServer" | "fsyncLock" | "eval" | "load" | "run" | "execSync" | "require" | "exec"
            | "spawn" | "createUser" | "updateUser" | "grantRolesToUser" => {
                found.push(ask("mongo-admin", "changes the server or accounts, or runs code"));
            }
            "" => {}
            name if MONGO_READS.contains(&name) => {
                if name == "aggregate" && (arguments.contains("$out") || arguments.contains("$merge")) {
                    found.push(ask("mongo-write", "writes into a collection"));
                }
            }
            "insertOne" | "insertMany" | "createIndex" | "createCollection" => {
                found.push(ask("mongo-add", "adds to a collection"));
            }
            _ => found.push(ask("mongo-write", "changes data, or does something not known")),
        }
        rest = &rest[open + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(dialect: &str, text: &str) -> Vec<&'static str> {
        judge(dialect, text).into_iter().map(|judged| judged.id).collect()
    }

    #[test]
    fn reads_are_said_nothing_of() {
        for text in [
            "SELECT * FROM users WHERE name = 'DROP TABLE x; DELETE FROM y'",
            "-- DROP TABLE x\nselect 1;",
            "EXPLAIN DELETE FROM x",
            "/* TRUNCATE y */ SHOW TABLES",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "select $$ drop table x $$",
        ] {
            assert_eq!(ids("postgres", text), [""; 0], "{text}");
        }
        assert_eq!(ids("sqlite", ".tables"), [""; 0]);
        assert_eq!(ids("postgres", "\\dt"), [""; 0]);
        assert_eq!(ids("redis", "get a"), [""; 0]);
        assert_eq!(ids("mongo", "db.users.find({a: 1}).limit(3)"), [""; 0]);
    }

    #[test]
    fn losses_are_named() {
        for (dialect, text, id) in [
            ("postgres", "drop table users", "sql-drop"),
            ("postgres", "SELECT 1; TRUNCATE users", "sql-truncate"),
            ("mysql", "DELETE FROM users", "sql-delete-all"),
            ("mysql", "delete from users where 1=1", "sql-delete-all"),
            ("mysql", "/*!50000 DROP TABLE users */", "sql-drop"),
            ("mysql", "UPDATE users SET a = 1", "sql-update-all"),
            ("postgres", "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", "sql-delete-all"),
            ("postgres", "COPY a FROM PROGRAM 'id'", "sql-shell"),
            ("postgres", "\\! id", "sql-shell"),
            ("postgres", "ALTER TABLE a DROP COLUMN b", "sql-drop"),
            ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'", "sql-file"),
            ("mssql", "EXEC xp_cmdshell 'dir'", "sql-shell"),
            ("sqlite", ".shell id", "sql-shell"),
            ("redis", "flushall", "redis-flush"),
            ("mongo", "db.dropDatabase()", "mongo-drop"),
            ("mongo", "db.users.deleteMany({})", "mongo-delete-all"),
            ("postgres", "FROBNICATE x", "sql-unknown"),
        ] {
            assert!(ids(dialect, text).contains(&id), "{dialect}: {text}: {:?}", judge(dialect, text));
        }
        assert_eq!(judge("postgres", "DROP DATABASE x")[0].decision, Decision::Deny);
    }
}
