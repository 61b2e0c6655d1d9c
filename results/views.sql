-- Views over schema.sql, for people and for other tools.

-- The event log with names.
CREATE VIEW event AS
  SELECT r.run_id, e.key - (r.run_id << 40) AS seq, e.at_cycles, n.name AS entity, k.name AS kind,
         e.iova, e.bytes, e.cycles, e.cause
  FROM run r
  JOIN event_row e ON e.key > (r.run_id << 40) AND e.key < (r.run_id + 1 << 40)
  JOIN entity n ON n.run_id = r.run_id AND n.id = e.entity_id
  JOIN event_kind k ON k.run_id = r.run_id AND k.id = e.kind_id;

-- Counters of the whole run. What is counted for the machine too (exits) is taken from there, for
-- it includes the devices' share; everything else is the sum over the entities.
CREATE VIEW total AS
  SELECT run_id, name,
         coalesce(sum(value) FILTER (WHERE entity = 'machine'), sum(value)) AS value
  FROM counter GROUP BY run_id, name;

-- The same per completed I/O.
CREATE VIEW per_io AS
  SELECT t.run_id, t.name, 1.0 * t.value / i.value AS value
  FROM total t JOIN total i ON i.run_id = t.run_id AND i.name = 'ios' AND i.value > 0
  WHERE t.name <> 'ios' AND t.name NOT LIKE '%max';

-- Cycles per completed I/O, by primitive; who pays: the guest's own code, exits, or the host.
CREATE VIEW cycles_per_io AS
  SELECT c.run_id, c.primitive,
         CASE WHEN c.primitive LIKE 'guest-%' THEN 'guest'
              WHEN c.primitive LIKE 'vmexit-%' OR c.primitive LIKE 'kick-%' OR c.primitive = 'irq'
              THEN 'exit' ELSE 'host' END AS payer,
         1.0 * sum(c.cycles) / i.value AS value, coalesce(max(p.evidence), '') AS evidence
  FROM cost c JOIN total i ON i.run_id = c.run_id AND i.name = 'ios' AND i.value > 0
  LEFT JOIN param p ON p.run_id = c.run_id AND p.path = 'costs.' || c.primitive
  GROUP BY c.run_id, c.primitive;

-- Latencies in microseconds of the run's clock.
CREATE VIEW latency_us AS
  SELECT l.run_id, l.entity, l.name, l.n, 1e6 * l.mean / r.clock_hz AS mean,
         1e6 * l.p50 / r.clock_hz AS p50, 1e6 * l.p90 / r.clock_hz AS p90,
         1e6 * l.p99 / r.clock_hz AS p99, 1e6 * l.p999 / r.clock_hz AS p999,
         1e6 * l.max / r.clock_hz AS max
  FROM latency l JOIN run r USING (run_id);

-- One line a run with what a policy is judged by.
CREATE VIEW verdict AS
  SELECT r.run_id, r.scenario, r.point, r.replicate,
         (SELECT value FROM total t WHERE t.run_id = r.run_id AND t.name = 'ios') AS ios,
         coalesce((SELECT value FROM per_io p WHERE p.run_id = r.run_id
                   AND p.name = 'vmexits'), 0.0) AS vmexits_per_io,
         coalesce((SELECT value FROM per_io p WHERE p.run_id = r.run_id
                   AND p.name = 'consumer.miss'), 0.0) AS misses_per_io,
         coalesce((SELECT value FROM per_io p WHERE p.run_id = r.run_id
                   AND p.name = 'walk.pte'), 0.0) AS ptes_per_io,
         coalesce((SELECT sum(value) FROM cycles_per_io c WHERE c.run_id = r.run_id), 0.0)
         AS cycles_per_io
  FROM run r;
