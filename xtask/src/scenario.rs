//! One scenario through every client, all of which must end in the same resource.

use crate::chore::{self, Failure, run};
use crate::python::Environment;
use crate::{node, test, wheel};

const FOLDER: &str = "examples/aro-dev/tests/scenario";

/// Lets the newest published client, aro-client and aro-py play; with `all`, its older generations and JavaScript too.
/// Their environments, and the example of aro-client, are there or are made.
///
/// # Errors
/// Where an environment cannot be made, or the players do not end in the same resource.
pub fn tests(published: &[Environment], all: bool) -> Result<(), Failure> {
    let script = |name: &str| chore::root().join(FOLDER).join(name).display().to_string();
    let mut players = Vec::new();
    for environment in published.iter().take(if all { published.len() } else { 1 }) {
        let interpreter = environment.interpreter()?.display().to_string();
        players.push((environment.name, vec![interpreter, script("sdk.py")]));
    }
    let example = chore::target().join("debug/examples/scenario");
    players.push(("aro-client", vec![example.display().to_string()]));
    let interpreter = wheel::TEST.interpreter()?;
    players.push(("aro-py", vec![interpreter.display().to_string(), script("wheel.py")]));
    if all {
        players.push(("azure-arm-resources", node::player()?));
    }
    let lines = players.into_iter().map(|(name, command)| {
        let words = std::iter::once(name.to_owned()).chain(command);
        words.collect::<Vec<_>>().join("\t")
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    let mut pytest = test::pytest_command(&interpreter, FOLDER);
    pytest.env("ARO_PLAYERS", lines);
    run(
        "the same scenario through every client",
        &mut pytest,
        "The environment is broken; remove it.",
    )
}
