"""Controls that know no layer and no project: number boxes, choices, tables, icons."""
