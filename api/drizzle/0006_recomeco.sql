DROP INDEX `jobs_historico`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `parado` integer DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE `jobs` SET `parado` = 1 WHERE `status` IN ('done_partial', 'failed') AND (`motivo` IN ('cancelado', 'fechado_a_forca') OR (`motivo` = 'abortado' AND NOT EXISTS (SELECT 1 FROM `execution_logs` e JOIN `job_items` i ON i.org_id = e.org_id AND i.job_id = e.job_id AND i.item_ordem = e.item_ordem WHERE e.org_id = jobs.org_id AND e.job_id = jobs.job_id AND i.critico = 1 AND e.status = 'failed' AND e.error NOT GLOB 'abortado*' AND e.error NOT GLOB 'cancelado*')));--> statement-breakpoint
CREATE INDEX `jobs_historico` ON `jobs` (`org_id`,`criado_em`,`status`,`device`,`metodo`,`criado_por`,`receita`,`gramas_mg`,`interrompidos`,`parado`,`iniciado_em`,`terminado_em`);--> statement-breakpoint
ALTER TABLE `idempotency` ADD `processo` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `orgs` ADD `importando_desde` integer;