//! Values made from a rule's shapes, for scripts: `shapes RULE_ID N [SEED]` prints N values to standard output, one
//! after the other, each followed by a line break; the rule's shapes take turns. The same arguments give the same
//! values. They look real and open nothing.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use portcullis::rules;
use portcullis::rules::shape::{Random, Shape};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(id), Some(count)) = (arguments.next(), arguments.next()) else {
        bail!("usage: shapes RULE_ID N [SEED]");
    };
    let count: usize = count.parse().context("N must be a number")?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse()).context("SEED must be a number")?;
    let rule = rules::builtin().iter().find(|rule| rule.id == id);
    let rule = rule.with_context(|| format!("there is no rule \"{id}\""))?;
    let shapes: Vec<Shape> = rule.shapes.iter().map(|text| Shape::parse(text)).collect::<Result<_, _>>()?;
    if shapes.is_empty() {
        bail!("rule \"{id}\" has no shapes");
    }
    let mut random = Random::new(seed);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for shape in shapes.iter().cycle().take(count) {
        out.write_all(&shape.expand(&mut random))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
