//! Tokens that their column may have cut off.

use super::*;

/// Rows of a store of another kind.
#[derive(Debug)]
struct Of(SourceKind, Rows);

impl Source for Of {
    fn kind(&self) -> SourceKind {
        self.0
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.1.read(visit)
    }
}

/// Which of the tokens of these lengths are warned about.
fn warned(kind: SourceKind, lengths: &[usize]) -> Vec<usize> {
    let token = |(index, length): (usize, &usize)| {
        let start = format!("0.A{index:05}");
        record(&format!("{start}{}", "x".repeat(length - start.len())))
    };
    let source = Of(kind, rows(lengths.iter().enumerate().map(token).collect()));
    let plan = Plan::make(&source, &PlanOptions::default(), &fingerprint).unwrap();
    let mut warned = Vec::new();
    plan.redemptions(&source, &fingerprint, &mut |redemption| {
        if redemption.warnings.contains(Warning::CutOffToken) {
            warned.push(redemption.refresh_token.expose_secret().len());
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let counted = plan.summary().warnings.iter();
    let counted = counted.filter(|(warning, _)| *warning == Warning::CutOffToken);
    assert_eq!(
        counted.map(|(_, count)| *count).sum::<u64>(),
        warned.len() as u64
    );
    warned
}

#[test]
fn tokens_that_fill_their_column_are_warned_about() {
    let table = SourceKind::MySql;
    // The columns of FastAPI-Users, of Authlib's mixin, of Prisma on MySQL.
    assert_eq!(warned(table, &[1024, 900, 1024]), [1024, 1024]);
    assert_eq!(warned(table, &[255]), [255]);
    assert_eq!(warned(table, &[191, 190]), [191]);
    // What is longer shows that the column is wider.
    assert_eq!(warned(table, &[1024, 1025]), [0; 0]);
    assert_eq!(warned(table, &[255, 1024]), [1024]);
    // Lengths that no column has.
    assert_eq!(warned(table, &[1023, 1023, 1023]), [0; 0]);
    assert_eq!(warned(table, &[1187, 1187]), [0; 0]);
}

#[test]
fn only_what_came_from_a_column_can_fill_one() {
    for kind in SourceKind::ALL {
        let is_table = matches!(
            kind,
            SourceKind::Csv
                | SourceKind::Jsonl
                | SourceKind::MySql
                | SourceKind::Postgres
                | SourceKind::Sqlite
                | SourceKind::Tsv
        );
        assert_eq!(!warned(*kind, &[255]).is_empty(), is_table, "{kind}");
    }
    assert_eq!(warned(SourceKind::Records, &[255]), [255]);
}

#[test]
fn a_row_that_is_left_out_tells_how_wide_the_column_is_all_the_same() {
    let long = Record {
        client_id: Some("other".to_owned()),
        ..record(&"0.Ab".repeat(300))
    };
    let full = record(&"0.Ac".repeat(64));
    let options = PlanOptions {
        client_id: Some(CLIENT.to_owned()),
        ..PlanOptions::default()
    };
    for (records, expected) in [(vec![full.clone(), long], 0), (vec![full], 1)] {
        let source = Of(SourceKind::Csv, rows(records));
        let plan = Plan::make(&source, &options, &fingerprint).unwrap();
        let warnings = &plan.summary().warnings;
        let found = warnings.iter().find(|(it, _)| *it == Warning::CutOffToken);
        assert_eq!(found.map_or(0, |(_, count)| *count), expected);
    }
}
