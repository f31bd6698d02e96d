ALTER TABLE `orgs` ADD `retencao_avisos_dias` integer DEFAULT 30 NOT NULL;--> statement-breakpoint
ALTER TABLE `orgs` ADD `retencao_comandos_dias` integer DEFAULT 730 NOT NULL;--> statement-breakpoint
ALTER TABLE `orgs` ADD `retencao_rejeitadas_dias` integer DEFAULT 730 NOT NULL;--> statement-breakpoint
ALTER TABLE `orgs` ADD `retencao_auditoria_dias` integer;--> statement-breakpoint
UPDATE `orgs` SET `retencao_comandos_dias` = `retencao_dias`, `retencao_rejeitadas_dias` = `retencao_dias`;
