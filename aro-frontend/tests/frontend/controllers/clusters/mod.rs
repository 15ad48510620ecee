mod credentials;
mod delete;
mod get;
mod list;
mod patch;
mod put;
mod races;
mod states;
