//! The binary as a script sees it: exit status, standard output, standard error.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod download;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod put;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod run;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod secrecy;
