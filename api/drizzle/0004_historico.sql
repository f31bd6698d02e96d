DROP INDEX `jobs_criado`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `gramas_mg` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `interrompidos` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `jobs` SET (`gramas_mg`, `interrompidos`) = (SELECT coalesce(sum(CASE e.status WHEN 'done' THEN e.quantidade_mg ELSE 0 END), 0), coalesce(sum(coalesce(e.error, '') GLOB 'interrompido*'), 0) FROM `execution_logs` e WHERE e.org_id = jobs.org_id AND e.job_id = jobs.job_id);--> statement-breakpoint
CREATE INDEX `jobs_historico` ON `jobs` (`org_id`,`criado_em`,`status`,`device`,`metodo`,`criado_por`,`receita`,`gramas_mg`,`interrompidos`,`iniciado_em`,`terminado_em`);--> statement-breakpoint
DROP INDEX `job_items_tempero`;--> statement-breakpoint
CREATE INDEX `job_items_tempero` ON `job_items` (`org_id`,`tempero`,`job_id`);