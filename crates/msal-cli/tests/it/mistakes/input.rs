//! What is read: tables of other programs, columns that were mixed up, folders, and names that are none.

use std::fs;

use super::{MISTAKE, Mistake, make_all, path, write};

#[test]
fn input() {
    make_all(INPUT);
}

const SECRET: &str = "abc8Q~ThisIsNoRealSecret.ButLooksLike1";

const INPUT: &[Mistake] = &[
    Mistake {
        what: "a path that means nothing stands behind the tenant",
        typed: "run input.jsonl --to cache.json --ca-file ca.pem --authority {url}/contoso.example/anything",
        says: &["`anything`", "--authority https://", "/contoso.example\n"],
        ..MISTAKE
    },
    Mistake {
        what: "a policy stands behind the token endpoint",
        typed: "plan input.jsonl --authority https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token?p=b2c_1_in",
        says: &[
            "p=b2c_1_in",
            "--authority https://login.microsoftonline.com/contoso.example\n",
        ],
        ..MISTAKE
    },
    Mistake {
        what: "a token endpoint without a tenant is given as the authority",
        typed: "plan input.jsonl --authority https://login.microsoftonline.com/oauth2/v2.0/token",
        says: &[
            "names no tenant",
            "https://login.microsoftonline.com/TENANT",
        ],
        ..MISTAKE
    },
    Mistake {
        what: "the tenant is named as people name it",
        typed: "plan input.jsonl --authority https://login.microsoftonline.com/contoso",
        status: 0,
        says: &[
            "2 rows have a display name as the tenant, `contoso`",
            "contoso.onmicrosoft.com",
        ],
        ..MISTAKE
    },
    Mistake {
        what: "the client is named as people name it",
        typed: "plan input.jsonl --client-id Mail",
        status: 4,
        says: &["nothing would be redeemed", "--client-id"],
        ..MISTAKE
    },
    Mistake {
        what: "a column of secrets is mapped as the client",
        before: |bench| {
            let rows = format!("rt,app,password\n0.AXoAabcdefghijklmnopqrstuvwxyz,x,{SECRET}\n");
            write(bench, "t.csv", rows.as_bytes());
        },
        typed: "plan t.csv --map client_id=password",
        status: 0,
        says: &[
            "client_id      password  by --map",
            "a secret or a token as the client",
            "the right column is mapped",
        ],
        never: &[SECRET, "abc8q~", "0.AXoA"],
        ..MISTAKE
    },
    Mistake {
        what: "a spreadsheet has written semicolons",
        before: |bench| {
            write(
                bench,
                "t.csv",
                b"refresh_token;client_id\n0.AXoAabcdefghijklmnopqrstuvwxyz;x\n",
            )
        },
        typed: "plan t.csv",
        status: 1,
        says: &["--delimiter ';'"],
        never: &["0.AXoA"],
        ..MISTAKE
    },
    Mistake {
        what: "a row is not in UTF-8",
        before: |bench| {
            write(
                bench,
                "t.csv",
                b"rt,client_id,name\n0.AXoAabcdefghijklmnopqrstuvwxyz,x,Zo\xeb\n",
            );
        },
        typed: "plan t.csv",
        status: 4,
        says: &[
            "1 malformed  t.csv:2",
            "not UTF-8",
            "iconv",
            "nothing would be redeemed",
            "--skipped",
        ],
        never: &["0.AXoA"],
        ..MISTAKE
    },
    Mistake {
        what: "the table has no header",
        before: |bench| {
            let row = "0.AXoAabcdefghijklmnopqrstuvwxyz,11111111-1111-4111-8111-111111111111,eva@contoso.example\n";
            write(bench, "t.csv", row.repeat(2).as_bytes());
        },
        typed: "plan t.csv",
        status: 1,
        says: &["names that are not shown"],
        never: &["0.AXoA", "eva@"],
        ..MISTAKE
    },
    Mistake {
        what: "the folder has no token file",
        before: |bench| {
            fs::create_dir(path(bench, "folder")).unwrap();
            write(bench, "folder/README.md", b"The files of our users.\n");
        },
        typed: "run folder --to cache.json {server}",
        status: 1,
        says: &["without token files", "README.md"],
        ..MISTAKE
    },
    Mistake {
        what: "the folder has more than token files",
        before: |bench| {
            fs::create_dir_all(path(bench, "folder/old")).unwrap();
            write(bench, "folder/README.md", b"The files of our users.\n");
            let rows = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            for (number, row) in rows.lines().enumerate() {
                write(bench, &format!("folder/{number}.json"), row.as_bytes());
            }
        },
        typed: "run folder --to cache.json {server}",
        status: 0,
        says: &[
            "left out of the folder: README.md, old;",
            "2 of 2 tokens migrated",
        ],
        spent: 2,
        ..MISTAKE
    },
];
