// The database of an application, through the driver that its kind has.

const Sqlite = require("better-sqlite3");
const { createPool } = require("mysql2/promise");
const { Pool } = require("pg");

/// The connection, as the libraries take it, its kind, and how to end it.
function connect({ kind, file, ...where }) {
  if (kind === "sqlite") {
    const connection = new Sqlite(file);
    return { kind, connection, end: () => connection.close() };
  }
  const connection = kind === "mariadb" ? createPool(where) : new Pool(where);
  return { kind, connection, end: () => connection.end() };
}

module.exports = { connect };
